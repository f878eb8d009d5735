package dev.latchkey.server.refresh;

import dev.latchkey.server.egress.EgressParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.kinds.Makers;
import dev.latchkey.server.mcp.McpServers;
import dev.latchkey.server.tokens.TokenParts;

/** What asks a vendor for the successor of a credential. */
public final class RenewalParts {
    public final McpServers mcp;
    public final Makers makers;
    public final Minting minting;
    public final Renewal renewal;
    public final Timetable timetable;

    public RenewalParts(Ground ground, EgressParts egress, TokenParts tokens) {
        mcp = new McpServers(
                ground.database,
                ground.vault,
                ground.ids,
                egress.tokens,
                tokens.addresses,
                ground.clock,
                ground.configuration.publicUrl());
        makers = new Makers(
                tokens.endpoint,
                tokens.afterGrant,
                tokens.steps,
                tokens.selfSigned,
                tokens.installations,
                tokens.roles,
                mcp,
                ground.sharedClock);
        minting = new Minting(makers, ground.sharedClock);
        renewal = new Renewal(makers, ground.sharedClock);
        renewal.measure(ground.metrics);
        timetable = new Timetable(ground.sharedClock, ground.random);
    }
}
