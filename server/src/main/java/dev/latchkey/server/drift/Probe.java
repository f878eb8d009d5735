package dev.latchkey.server.drift;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/** One look at a vendor. */
sealed interface Probe {
    /** The endpoint's name in the report. */
    String what();

    /** Where it is looked for, as the definition writes it. */
    String address();

    /** The page where users are sent: a page or an error of any form shows that it exists. */
    record Authorize(URI at) implements Probe {
        @Override
        public String what() {
            return "authorize";
        }

        @Override
        public String address() {
            return at.toString();
        }
    }

    /** An endpoint for programs that refuses a request without a client. @param what the endpoint's name */
    record Token(String what, String method, URI at) implements Probe {
        @Override
        public String address() {
            return at.toString();
        }
    }

    /** Where the API begins, of which only the host is known. */
    record Api(URI at) implements Probe {
        @Override
        public String what() {
            return "api";
        }

        @Override
        public String address() {
            return at.toString();
        }
    }

    /**
     * The vendor's metadata (RFC 8414, OpenID Connect discovery; of an MCP server by way of RFC 9728).
     *
     * @param kind how it is found
     * @param at the issuer, or the MCP server
     * @param required whether the definition depends on it; otherwise scopes of OpenID Connect, or the protocol, suggest that there may
     *     be some
     * @param expected what the definition says
     */
    record Metadata(Kind kind, URI at, boolean required, Optional<Expected> expected) implements Probe {
        enum Kind {
            ISSUER,
            MCP
        }

        @Override
        public String what() {
            return "metadata";
        }

        @Override
        public String address() {
            return at.toString();
        }
    }

    /** @param endpoints by member of RFC 8414; several where the definition has alternatives */
    record Expected(List<Endpoint> endpoints, boolean pkce) {}

    record Endpoint(String member, URI at) {}

    record Unknown(String what, String address) implements Probe {}
}
