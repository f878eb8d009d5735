package dev.latchkey.lab;

import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** A vendor of one kind of authentication while it is played. Thread-safe. */
interface Playing {
    /** Whose credential a call of the API carries, unless the vendor's calls are signed in a way that the definition's API names. */
    Optional<Caller> caller(LabRequest request, Map<String, String> captured);

    /** Adds the endpoints by which the credential is obtained and kept. */
    default void routes(Routes routes) {}

    /** Where users decide. */
    default Answer page(LabRequest request) {
        throw new IllegalStateException("this kind sends no user to a page");
    }

    /** The token endpoint (RFC 6749 section 3.2). */
    default Answer token(Endpoint.Token endpoint, LabRequest request) {
        throw new IllegalStateException("this kind has no token endpoint");
    }

    /** The response, unless the request lacks what this vendor requires of every request there. */
    default Answer guarded(Endpoint endpoint, LabRequest request, Supplier<Answer> answer) {
        return answer.get();
    }

    /** What a refused call is challenged with (RFC 6750 section 3.1). */
    default String challenge(LabRequest request) {
        return "Bearer error=\"invalid_token\"";
    }

    /** The API's response. @param account whose the credential is, or a refusal */
    default Answer resource(LabRequest request, Answer account) {
        return account;
    }

    /** The secret of temporary keys (AWS Signature Version 4) that were issued here. @param id of the keys */
    default Optional<String> secretAccessKey(String id, LabRequest request) {
        return Optional.empty();
    }
}
