package dev.latchkey.server.oauth;

import dev.latchkey.catalogue.Provider;

/** Which signer a definition's {@code api.sign} asks for. Thread-safe. */
public final class RequestSigners {

    /** @throws IllegalArgumentException when the connection lacks what the signature needs; names no value */
    public RequestSigner of(Provider provider, ValuesOf values) {
        return switch (provider.api().sign()) {
            case NONE -> RequestSigner.NONE;
            case OAUTH1, SIGV4, DUO, HTTP_SIGNATURE, WSSE ->
                throw new IllegalArgumentException(
                        "requests to " + provider.name() + " must be signed, which is not built yet");
        };
    }
}
