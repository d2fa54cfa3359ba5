import { openRestVault, versions } from "./rest-vault-rig.ts";
import { vaultConformance } from "./vault-conformance.ts";

for (const version of versions) vaultConformance(`Local REST API ${version}`, () => openRestVault(version));
