package dev.latchkey.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A controller's parameter that is the current user's connection: a {@link UserConnection}, which asks the server when it is used, or a
 * {@link dev.latchkey.client.Connection}.
 *
 * <pre>{@code
 * @GetMapping("/issues")
 * String issues(@LatchkeyConnection("github") UserConnection github) {
 *     return github.call(ProxyRequest.get("/issues")).text();
 * }
 * }</pre>
 *
 * <p>Whose it is, a {@link CurrentUser} bean says, or a {@link ReactiveCurrentUser}: without one, the name of the request's principal is
 * the connection's id.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface LatchkeyConnection {
    /** The integration's unique key. */
    String value();
}
