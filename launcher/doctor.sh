# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# doctor: looks at everything BenchAI needs of this machine and changes nothing. A problem has a remedy in the same line
# and makes the exit code 1; a warning does not.

use engine images port status

cmd_doctor() {
  [ $# -eq 0 ] || die "doctor takes no arguments: ./benchai doctor"
  stack_names
  DOCTOR_PROBLEMS=0
  own_path
  engine_probe
  doctor_engine
  doctor_port
  doctor_gpu
  doctor_disk
  doctor_memory
  doctor_models
  doctor_documents
  doctor_stack
  if [ "$DOCTOR_PROBLEMS" -gt 0 ]; then
    say "$DOCTOR_PROBLEMS problem(s)"
    exit 1
  fi
  say "no problems"
}

good() { printf 'ok       %s\n' "$*"; }
note() { printf 'warning  %s\n' "$*"; }
skip() { printf 'skipped  %s\n' "$*"; }
problem() {
  printf 'PROBLEM  %s\n' "$*"
  DOCTOR_PROBLEMS=$((DOCTOR_PROBLEMS + 1))
}

doctor_engine() {
  if [ "$ENGINE_STATE" != ok ]; then
    problem "no usable Docker engine ($ENGINE_WHY): $(engine_remedy)"
    return
  fi
  good "engine: Docker $ENGINE_VERSION, API $ENGINE_API, Compose $COMPOSE_VERSION, buildx $BUILDX_VERSION"
  doctor_folder=$(docker ps --filter "label=com.docker.compose.project=$PROJECT" --format '{{.Label "com.docker.compose.project.working_dir"}}' 2>/dev/null | grep -vxF -- "$BENCHAI_HOME" | grep . | head -n 1 || :)
  [ -z "$doctor_folder" ] || problem "a stack named '$PROJECT' already runs from $doctor_folder: run ./benchai down there, or give this one another COMPOSE_PROJECT_NAME and BENCHAI_PORT in $ENV_FILE"
}

# The check of `up`, in a subshell as it ends with an error; its line is the problem.
doctor_port() {
  if doctor_line=$(port_check 2>&1); then
    good "port: $BIND:$PORT is $([ -z "$(port_holder)" ] && echo free || echo "held by this stack")"
  else
    problem "${doctor_line#benchai: }"
  fi
}

doctor_gpu() {
  doctor_gpus=
  doctor_nvidia
  if [ -e /dev/kfd ]; then
    doctor_gpus=1
    note "gpu: AMD (/dev/kfd): for ROCm put LLAMA_IMAGE=ghcr.io/ggml-org/llama.cpp:server-rocm into $ENV_FILE"
  elif [ -e /dev/dri ] && [ -z "$doctor_gpus" ]; then
    doctor_gpus=1
    note "gpu: /dev/dri is there: for Vulkan put LLAMA_IMAGE=ghcr.io/ggml-org/llama.cpp:server-vulkan into $ENV_FILE"
  fi
  [ -n "$doctor_gpus" ] || good "gpu: none found, models run on the CPU"
}

# The driver on the machine and the way into containers are two things, and either can be missing.
doctor_nvidia() {
  if has nvidia-smi && doctor_smi=$(bounded 10 nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>&1); then
    doctor_gpus=1
    good "gpu: NVIDIA $(printf '%s' "$doctor_smi" | tr '\n' ';')"
  elif [ -e /dev/nvidiactl ] || has nvidia-smi; then
    doctor_gpus=1
    problem "gpu: an NVIDIA device or tool is there but nvidia-smi does not answer: reinstall the driver (its version must match the kernel module)"
  fi
  [ -n "$doctor_gpus" ] && [ "$ENGINE_STATE" = ok ] || return 0
  if engine_offers_nvidia; then
    good "gpu: the engine can give it to containers"
  else
    problem "gpu: the engine cannot give it to containers: install nvidia-container-toolkit, run 'nvidia-ctk runtime configure --runtime=docker', restart Docker"
  fi
}

# free_mib PATH
free_mib() { df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }'; }

doctor_disk() {
  if [ "$ENGINE_STATE" = ok ]; then doctor_disk_one "Docker's folder" "$ENGINE_ROOT" 5000 "docker system prune, or a larger disk"; fi
  doctor_disk_one "the models' folder" "$([ -d "$MODELS" ] && echo "$MODELS" || echo "$BENCHAI_HOME")" 1000 "remove models you do not need, or a larger disk"
}

# doctor_disk_one NAME PATH WANTED_MIB REMEDY
doctor_disk_one() {
  doctor_free=$(free_mib "$2")
  if [ -z "$doctor_free" ]; then
    skip "disk: cannot see $1 ($2) from here"
  elif [ "$doctor_free" -lt "$3" ]; then
    problem "disk: $1 has $doctor_free MiB free and $3 are wanted: $4"
  else
    good "disk: $1 has $((doctor_free / 1024)) GiB free"
  fi
}

doctor_memory() {
  if [ ! -r /proc/meminfo ]; then
    skip "memory: cannot be seen here"
    return
  fi
  doctor_mib=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
  if [ "$doctor_mib" -lt 1024 ]; then
    note "memory: $doctor_mib MiB available: only the smallest models fit; close other programs"
  else
    good "memory: $((doctor_mib / 1024)) GiB available"
  fi
}

# Workers run as uid 1000 whoever owns the files, so "others" must be able to read unless the owner is 1000.
doctor_models() {
  doctor_dir=$MODELS
  if [ ! -d "$doctor_dir" ]; then
    good "models: no folder yet, ./benchai up makes it"
    return
  fi
  readable_by_1000 "$doctor_dir" 5 || problem "models: workers (uid 1000) cannot enter $doctor_dir: chmod a+rx '$doctor_dir'"
  doctor_count=0
  for model in "$doctor_dir"/*.gguf; do
    [ -e "$model" ] || continue
    doctor_count=$((doctor_count + 1))
    readable_by_1000 "$model" 4 || problem "models: workers (uid 1000) cannot read $model: chmod a+r '$model'"
    [ "$(first_bytes "$model")" = GGUF ] || problem "models: $model is no GGUF file: download it again with ./benchai pull"
  done
  case $doctor_count in
  0) note "models: $MODELS is empty, so only tiny-chat is served: ./benchai pull hf:Qwen/Qwen3-0.6B-GGUF:Q8_0" ;;
  *) good "models: $doctor_count file(s) in $MODELS" ;;
  esac
}

# Only the folder itself: a file that cannot be read is named by the job that indexes it.
doctor_documents() {
  if [ ! -d "$DOCUMENTS" ]; then
    good "documents: no folder yet, ./benchai up makes it"
  elif readable_by_1000 "$DOCUMENTS" 5; then
    good "documents: $DOCUMENTS"
  else
    problem "documents: knowledge (uid 1000) cannot enter $DOCUMENTS: chmod a+rx '$DOCUMENTS'"
  fi
}

# readable_by_1000 PATH BITS: BITS as in chmod (4 read, 5 read and enter).
readable_by_1000() {
  # shellcheck disable=SC2012
  ls -ldnL "$1" 2>/dev/null | awk -v bits="$2" '{
    at = 8; if ($3 == 1000) at = 2; else if ($4 == 1000) at = 5
    ok = substr($1, at, 1) == "r" && (bits == 4 || substr($1, at + 2, 1) ~ /[xst]/)
    exit !ok }'
}

first_bytes() { dd if="$1" bs=4 count=1 2>/dev/null | tr -d '\0'; }

# What only a running stack knows: whether it took its configuration, and how it is.
doctor_stack() {
  if [ "$ENGINE_STATE" != ok ] || [ -z "$(docker ps -q --filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.service=controller)" ]; then
    skip "config: the stack is down; the controller checks config/benchai.yaml when it runs"
  elif doctor_health=$(probe_controller health 2>&1); then
    good "config: the controller is content"
  else
    problem "config: the controller says: $(printf '%s' "$doctor_health" | tr '\n' ' ' | cut -c 1-300): repair it; ./benchai logs controller says more"
  fi
}
