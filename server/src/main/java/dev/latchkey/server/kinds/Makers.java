package dev.latchkey.server.kinds;

import dev.latchkey.server.tokens.AssumedRoles;
import dev.latchkey.server.tokens.ExchangeSteps;
import dev.latchkey.server.tokens.Installations;
import dev.latchkey.server.tokens.SelfSigned;
import dev.latchkey.server.tokens.TokenEndpoint;

/** What credentials are made with. */
public record Makers(
        TokenEndpoint tokens,
        ExchangeSteps exchange,
        SelfSigned signed,
        Installations installations,
        AssumedRoles roles) {}
