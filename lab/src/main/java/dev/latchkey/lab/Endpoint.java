package dev.latchkey.lab;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.TokenShape;
import java.util.Map;
import java.util.Optional;

/** Which of the vendor's endpoints a request is for. {@code captured}: the values in its URL, such as {@code token.access}. */
sealed interface Endpoint {
    Map<String, String> captured();

    /** An authorization request's parameters, sent by the client itself (RFC 9126). */
    record Pushed(Call call, Map<String, String> captured) implements Endpoint {}

    /** A request for a code to be entered on another device (RFC 8628 section 3.1). */
    record DeviceAuthorization(Call call, Map<String, String> captured) implements Endpoint {}

    /** Where the code is entered. */
    record DevicePage(Map<String, String> captured) implements Endpoint {}

    /** The metadata of an MCP server (RFC 9728) and of its authorization server (RFC 8414). */
    record ResourceMetadata(Map<String, String> captured) implements Endpoint {}

    record ServerMetadata(Map<String, String> captured) implements Endpoint {}

    /** Where clients register themselves (RFC 7591). */
    record Registration(Map<String, String> captured) implements Endpoint {}

    /** Where any client revokes its tokens (RFC 7009). */
    record TokenRevocation(Map<String, String> captured) implements Endpoint {}

    record Authorization(Map<String, String> captured) implements Endpoint {}

    /** One of the two may be absent: a vendor may exchange and refresh at different addresses. */
    record Token(Optional<Call> exchange, Optional<Call> refresh, Map<String, String> captured) implements Endpoint {}

    /** A live access token is exchanged for another one: a {@code then} call, or a refresh without a refresh token. */
    record Swap(Call call, TokenShape shape, Map<String, String> captured) implements Endpoint {}

    /** OAuth 1.0a's two token endpoints. */
    record RequestToken(Map<String, String> captured) implements Endpoint {}

    record AccessToken(Map<String, String> captured) implements Endpoint {}

    /** One step of an exchange of secrets for a token. */
    record Step(Auth.Step step, Map<String, String> captured) implements Endpoint {}

    record ExchangeRefresh(Call call, Map<String, String> captured) implements Endpoint {}

    record InstallationToken(Map<String, String> captured) implements Endpoint {}

    record AssumeRole(Map<String, String> captured) implements Endpoint {}

    record Introspection(Auth.Introspect introspect, Map<String, String> captured) implements Endpoint {}

    record Revocation(Call call, Map<String, String> captured) implements Endpoint {}

    /** A call that returns what later API calls need. */
    record Learning(AfterConnect step, Map<String, String> captured) implements Endpoint {}

    /** A call that proves an account to be the user's. */
    record Proof(Auth.Proof proof, Map<String, String> captured) implements Endpoint {}

    /** A call that proves a credential. */
    record Probe(Call call, int status, Map<String, String> captured) implements Endpoint {}

    /** Anything else is the vendor's API. */
    record Resource(Map<String, String> captured) implements Endpoint {}

    record WrongMethod(String allowed, Map<String, String> captured) implements Endpoint {}
}
