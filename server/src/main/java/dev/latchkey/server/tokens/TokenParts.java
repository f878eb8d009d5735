package dev.latchkey.server.tokens;

import dev.latchkey.server.egress.EgressParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.integrations.Integration;
import java.net.URI;
import java.util.function.BiFunction;

/** Token requests of each kind, and calls of APIs with what they return. */
public final class TokenParts {
    public final VendorAddress addresses;
    public final TokenEndpoint endpoint;
    public final RequestSigners signers;
    public final ApiCall api;
    public final AfterGrant afterGrant;
    public final ExchangeSteps steps;
    public final SelfSigned selfSigned;
    public final Installations installations;
    public final AssumedRoles roles;
    public final OAuth1Tokens oauth1;

    /** @param lab where the provider lab plays a vendor's URL, for an integration */
    public TokenParts(Ground ground, EgressParts egress, BiFunction<Integration, URI, URI> lab) {
        addresses = new VendorAddress(lab);
        endpoint = new TokenEndpoint(egress.tokens, addresses, ground.sharedClock);
        signers = new RequestSigners(ground.clock);
        api = new ApiCall(egress.calls, addresses, signers);
        afterGrant = new AfterGrant(endpoint, ground.sharedClock);
        steps = new ExchangeSteps(endpoint, ground.sharedClock);
        selfSigned = new SelfSigned(ground.clock);
        installations = new Installations(endpoint, ground.sharedClock);
        roles = new AssumedRoles(egress.tokens, addresses, ground.sharedClock);
        oauth1 = new OAuth1Tokens(egress.tokens, addresses, ground.clock);
    }
}
