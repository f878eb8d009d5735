package dev.latchkey.server.refresh.leases;

import java.util.UUID;

/**
 * An integration with due connections: the unit for finding them and for sharing a node's capacity.
 *
 * @param host of the token endpoint; those with the same one share its limit
 * @param broken its client is refused: one connection at a time probes
 */
public record Lane(UUID environment, UUID integration, String host, boolean broken) {}
