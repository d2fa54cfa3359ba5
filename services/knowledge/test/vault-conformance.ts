import { afterEach, beforeEach, describe } from "vitest";

import { edits } from "./support/vault-edits.ts";
import { moves } from "./support/vault-moves.ts";
import { readsAndPuts } from "./support/vault-reads-and-puts.ts";
import { refusals } from "./support/vault-refusals.ts";
import type { OpenVault } from "./support/vault-rig.ts";

/**
 * What every vault must do, wherever it is; `open` gives each test a vault of its own. What only a file system has (links,
 * rights, what is left by a crash) is in folder-vault.test.ts.
 */
export function vaultConformance(name: string, open: () => Promise<OpenVault>): void {
  describe(`${name}: a vault`, () => {
    let opened: OpenVault;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const at = () => opened;
    readsAndPuts(at);
    edits(at);
    moves(at);
    refusals(at);
  });
}
