package dev.latchkey.server.refresh.leases;

import java.util.UUID;

/**
 * An integration with connections that are due: the unit in which they are found and share a node's capacity.
 *
 * @param host of the token endpoint; those with the same one share its limit
 * @param broken its client is refused: one connection at a time probes
 */
public record Lane(UUID environment, UUID integration, String host, boolean broken) {}
