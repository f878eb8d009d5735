package dev.latchkey.server.kinds;

import dev.latchkey.server.mcp.McpServers;
import dev.latchkey.server.tokens.AfterGrant;
import dev.latchkey.server.tokens.AssumedRoles;
import dev.latchkey.server.tokens.ExchangeSteps;
import dev.latchkey.server.tokens.Installations;
import dev.latchkey.server.tokens.SelfSigned;
import dev.latchkey.server.tokens.TokenEndpoint;
import java.time.InstantSource;

/** What credentials are made and refreshed with. */
public record Makers(
        TokenEndpoint tokens,
        AfterGrant afterGrant,
        ExchangeSteps exchange,
        SelfSigned signed,
        Installations installations,
        AssumedRoles roles,
        McpServers mcp,
        InstantSource clock) {}
