/** The few parts of ONNX (onnx.proto3) of which a toy model is made, as protobuf's wire format. */
const [varintField, bytesField] = [0, 2];
const irVersion = 8;
const opset = 13;

export const elementType = { float: 1, int64: 7 } as const;
type ElementType = (typeof elementType)[keyof typeof elementType];

export function tensor(
  name: string,
  type: ElementType,
  dims: readonly number[],
  data: readonly number[],
): Buffer {
  const raw = type === elementType.float ? Float32Array.from(data) : BigInt64Array.from(data, BigInt);
  return Buffer.concat([
    ...dims.map((dim) => int(1, dim)),
    int(2, type),
    bytes(8, name),
    bytes(9, Buffer.from(raw.buffer)),
  ]);
}

export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>> = {},
): Buffer {
  const attributeInt = 2;
  return Buffer.concat([
    ...inputs.map((input) => bytes(1, input)),
    bytes(2, output),
    bytes(4, operator),
    ...Object.entries(attributes).map(([name, number]) =>
      bytes(5, Buffer.concat([bytes(1, name), int(3, number), int(20, attributeInt)])),
    ),
  ]);
}

/** An input or output; dimensions that have names may have any length. */
export function value(name: string, type: ElementType, dims: readonly (string | number)[]): Buffer {
  const shape = dims.map((dim) => bytes(1, typeof dim === "string" ? bytes(2, dim) : int(1, dim)));
  const ofTensor = bytes(1, Buffer.concat([int(1, type), bytes(2, Buffer.concat(shape))]));
  return Buffer.concat([bytes(1, name), bytes(2, ofTensor)]);
}

export type OnnxGraph = {
  readonly nodes: readonly Buffer[];
  readonly constants: readonly Buffer[];
  readonly inputs: readonly Buffer[];
  readonly outputs: readonly Buffer[];
  readonly metadata: Readonly<Record<string, string | number>>;
};

export function onnxModel({ nodes, constants, inputs, outputs, metadata }: OnnxGraph): Buffer {
  const graph = Buffer.concat([
    ...nodes.map((each) => bytes(1, each)),
    bytes(2, "toy"),
    ...constants.map((each) => bytes(5, each)),
    ...inputs.map((each) => bytes(11, each)),
    ...outputs.map((each) => bytes(12, each)),
  ]);
  return Buffer.concat([
    int(1, irVersion),
    bytes(7, graph),
    bytes(8, Buffer.concat([bytes(1, ""), int(2, opset)])),
    ...Object.entries(metadata).map(([key, text]) =>
      bytes(14, Buffer.concat([bytes(1, key), bytes(2, String(text))])),
    ),
  ]);
}

function int(field: number, number: number): Buffer {
  return Buffer.concat([varint((field << 3) | varintField), varint(number)]);
}

function bytes(field: number, body: string | Buffer): Buffer {
  const own = Buffer.from(body);
  return Buffer.concat([varint((field << 3) | bytesField), varint(own.length), own]);
}

function varint(number: number): Buffer {
  const digits: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(number));
  for (; rest > 127n; rest >>= 7n) digits.push(Number(rest & 127n) | 128);
  return Buffer.from([...digits, Number(rest)]);
}
