package dev.latchkey.lab;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.TokenShape;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Which of the vendor's endpoints a request is for. {@code captured}: the values in its URL, such as {@code token.access}. */
sealed interface Endpoint {
    Map<String, String> captured();

    /**
     * An endpoint that a kind of authentication has for itself.
     *
     * @param place which faults are for it; none where a user is looking
     */
    record Handled(Optional<Faults.Place> place, Map<String, String> captured, Function<LabRequest, Answer> handler)
            implements Endpoint {
        static Handled token(Map<String, String> captured, Function<LabRequest, Answer> handler) {
            return new Handled(Optional.of(Faults.Place.TOKEN), captured, handler);
        }

        static Handled api(Map<String, String> captured, Function<LabRequest, Answer> handler) {
            return new Handled(Optional.of(Faults.Place.API), captured, handler);
        }

        static Handled page(Function<LabRequest, Answer> handler) {
            return new Handled(Optional.empty(), Map.of(), handler);
        }
    }

    record Authorization(Map<String, String> captured) implements Endpoint {}

    /** One of the two may be absent: a vendor may exchange and refresh at different addresses. */
    record Token(Optional<Call> exchange, Optional<Call> refresh, Map<String, String> captured) implements Endpoint {}

    /** A live access token is exchanged for another one: a {@code then} call, or a refresh without a refresh token. */
    record Swap(Call call, TokenShape shape, Map<String, String> captured) implements Endpoint {}

    record Introspection(Auth.Introspect introspect, Map<String, String> captured) implements Endpoint {}

    record Revocation(Call call, Map<String, String> captured) implements Endpoint {}

    /** A call that returns what later API calls need. */
    record Learning(AfterConnect step, Map<String, String> captured) implements Endpoint {}

    /** A call that proves a credential. */
    record Probe(Call call, int status, Map<String, String> captured) implements Endpoint {}

    /** Anything else is the vendor's API. */
    record Resource(Map<String, String> captured) implements Endpoint {}

    record WrongMethod(String allowed, Map<String, String> captured) implements Endpoint {}
}
