import type { AudioFormat } from "@benchai/contract/speech";

import { sampleRateHz } from "./pcm.ts";

/** How a format leaves: its media type, and what ffmpeg is told of it; without that the service writes it by itself. */
export type AudioEncoding = { readonly contentType: string; readonly ffmpegArgs?: readonly string[] };

/**
 * mp3 and aac at 48 kHz, whose frames are half as long as at 24 kHz: what the encoders add (a delay of 1,105 and 1,024 samples, and
 * the rest of a frame) is then less than 50 ms. mp3 with a constant bit rate, from which players tell the length of a stream.
 * aac with a constant quality by the fast search: 30 dB of signal to noise on speech, where 64 kbit/s by the default search has 21,
 * and frames that are nearly of one size, as `AdtsPadding` wants them. Opus in pages of 20 ms, since a page leaves when it is full.
 */
export const audioEncodings = {
  pcm: { contentType: "audio/pcm" },
  wav: { contentType: "audio/wav" },
  mp3: {
    contentType: "audio/mpeg",
    ffmpegArgs: encoder("-ar 48000 -c:a libmp3lame -b:a 96k -write_xing 0 -id3v2_version 0 -f mp3"),
  },
  opus: {
    contentType: "audio/ogg",
    ffmpegArgs: encoder(
      "-c:a libopus -b:a 48k -application audio -frame_duration 20 -page_duration 20000 -f ogg",
    ),
  },
  aac: { contentType: "audio/aac", ffmpegArgs: encoder("-ar 48000 -c:a aac -aac_coder fast -q:a 1 -f adts") },
  flac: { contentType: "audio/flac", ffmpegArgs: encoder("-c:a flac -f flac") },
} as const satisfies Record<AudioFormat, AudioEncoding>;

/** No probing, since the input is known, and every packet leaves at once. */
function encoder(output: string): readonly string[] {
  const input = `-hide_banner -loglevel error -nostdin -probesize 32 -analyzeduration 0 -f s16le -ar ${sampleRateHz} -ac 1 -i pipe:0`;
  return `${input} ${output} -flush_packets 1 pipe:1`.split(" ");
}
