package dev.latchkey.server.http;

import dev.latchkey.server.access.Pause;
import dev.latchkey.server.environments.ApiKeys;
import dev.latchkey.server.environments.KeyUses;
import io.helidon.webserver.http.ServerRequest;
import java.time.temporal.ChronoUnit;
import java.util.regex.Pattern;

/** Finds the owner of a request's key, if it is valid now and from the caller's address. Thread-safe. */
public final class Authentication {
    private static final Pattern KEY = Pattern.compile(
            "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|lk_[A-Za-z0-9_-]{32,}");

    private final ApiKeys keys;
    private final KeyUses uses;
    private final ClientAddress addresses;

    public Authentication(ApiKeys keys, KeyUses uses, ClientAddress addresses) {
        this.keys = keys;
        this.uses = uses;
        this.addresses = addresses;
    }

    /**
     * @throws ApiError 401, or 403 from an address that the key is not for
     * @throws dev.latchkey.server.access.PausedException while the key is paused
     */
    Caller.Backend backend(String text, ServerRequest request) {
        if (!KEY.matcher(text).matches()) {
            throw ApiError.unauthorized("invalid_secret_key_format", "The secret key is not a UUID v4.");
        }
        return switch (keys.present(text, addresses.exact(request))) {
            case ApiKeys.Presented.Opens it -> {
                uses.mark(
                        it.environment().id(),
                        it.key().id(),
                        it.actor().address().orElse(""));
                Pause.refuse(it.key().pause(), "API key", it.key().name());
                yield new Caller.Backend(it.environment(), it.actor());
            }
            case ApiKeys.Presented.Unknown _ ->
                throw ApiError.unauthorized("unknown_account", "No environment has this secret key.");
            // The code of an unknown key, which clients know; only the holder learns that the key existed.
            case ApiKeys.Presented.Expired it ->
                throw ApiError.unauthorized(
                        "unknown_account",
                        "This secret key expired on " + it.at().truncatedTo(ChronoUnit.SECONDS)
                                + "; make a new one, or give it a later end.");
            case ApiKeys.Presented.Elsewhere it ->
                throw ApiError.of(
                        403,
                        "forbidden",
                        "This secret key may not be used from " + it.from()
                                + "; PATCH /environment/api-keys/{id} changes its allowed_addresses.");
        };
    }
}
