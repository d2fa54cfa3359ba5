import { Type } from "typebox";
import { expect, test } from "vitest";

import { readConfig } from "./config.ts";

const Env = Type.Object({
  PORT: Type.Integer({ default: 8085 }),
  NAME: Type.String({ minLength: 1 }),
  MODE: Type.Union([Type.Literal("on"), Type.Literal("off")], { default: "on" }),
});

test("texts become what the schema says, defaults fill the rest, and other variables stay out", () => {
  const config = readConfig(Env, { PORT: "9", NAME: "x", PATH: "/bin" });
  expect(config).toEqual({ PORT: 9, NAME: "x", MODE: "on" });
  expect(Object.isFrozen(config)).toBe(true);
});

test("every problem is told at once, and no value is", () => {
  const secret = "canary-secret";
  const read = () => readConfig(Env, { PORT: secret, MODE: secret });
  expect(read).toThrow(/PORT/);
  expect(read).toThrow(/MODE/);
  expect(read).toThrow(/NAME/);
  expect(read).not.toThrow(secret);
});

test("a setting that says what it must be is told in its own words", () => {
  const Described = Type.Object({
    PAIR: Type.String({ pattern: "^\\w+=\\w+$", description: "a name, = and a value" }),
  });
  expect(readConfig(Described, { PAIR: "a=b" })).toEqual({ PAIR: "a=b" });
  expect(() => readConfig(Described, { PAIR: "canary" })).toThrow(
    "bad configuration: /PAIR must be a name, = and a value",
  );
});
