package dev.latchkey.catalogue.model;

/** How the client authenticates at the token endpoint (RFC 6749 section 2.3). */
public sealed interface ClientAuth {
    /** What is sent, inside a sentence. */
    String words();

    /** Id and secret in the request's body, under the vendor's names. */
    record InBody(String idName, String secretName) implements ClientAuth {
        @Override
        public String words() {
            return "id and secret as `" + idName + "` and `" + secretName + "`";
        }
    }

    /** RFC 7591 {@code client_secret_basic}: HTTP Basic; {@code formEncoded} = id and secret are form-encoded first, as RFC 6749 2.3.1 says (many vendors do not). */
    record ClientSecretBasic(boolean formEncoded) implements ClientAuth {
        @Override
        public String words() {
            return "id and secret by Basic";
        }
    }

    /** HTTP Basic with the secret as user name and no password. */
    record SecretBasic() implements ClientAuth {
        @Override
        public String words() {
            return "the secret by Basic";
        }
    }

    /** Public client: id in the body, no secret; without a name for the id, nothing at all. */
    record None(String idName) implements ClientAuth {
        @Override
        public String words() {
            return "the id alone (a public client)";
        }
    }

    /**
     * RFC 7523 section 2.2: an assertion signed with the client's key. Issuer and subject are the client id, the audience the token
     * endpoint, unless the assertion's claims say otherwise.
     */
    record PrivateKeyJwt(Auth.Assertion assertion) implements ClientAuth {
        @Override
        public String words() {
            return "a signed assertion";
        }
    }
}
