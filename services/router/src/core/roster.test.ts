import fc from "fast-check";
import { expect, test } from "vitest";

import { Roster } from "./roster.ts";

test("S30: a roster holds exactly those who joined and have not left", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20), { nil: undefined }), { maxLength: 80 }), (script) => {
      const roster = new Roster<{ rosterIndex: number; readonly id: number }>();
      const inside = new Set<{ rosterIndex: number; readonly id: number }>();
      for (const [id, leaves] of script.entries()) {
        const leaver = leaves === undefined ? undefined : [...inside][leaves % Math.max(1, inside.size)];
        if (leaver) {
          roster.delete(leaver);
          inside.delete(leaver);
        } else {
          const member = { rosterIndex: -1, id };
          roster.add(member);
          inside.add(member);
        }
        expect(new Set(roster.list())).toEqual(inside);
        expect(roster.size).toBe(inside.size);
      }
    }),
  );
});
