/** A container of the stack's own services, as the engine lists it. */
export type ServiceContainer = { readonly service: string; readonly state: string };

/**
 * Whether the stack is going down, seen from a controller that was told to end. Compose removes or stops the
 * router before the controller, which it depends on; an upgrade or a restart of the controller leaves it running.
 */
export function isStackGoingDown(services: readonly ServiceContainer[]): boolean {
  return !services.some(
    (s) =>
      s.service === "router" && (s.state === "running" || s.state === "restarting" || s.state === "paused"),
  );
}
