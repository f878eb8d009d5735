package dev.latchkey.spring;

import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.util.Optional;

/**
 * Who sent a request, in Spring MVC: the id of their connections.
 *
 * <pre>{@code
 * @Bean
 * CurrentUser currentUser() {
 *     return request -> Optional.ofNullable((String) request.getSession().getAttribute("user"));
 * }
 * }</pre>
 */
@FunctionalInterface
public interface CurrentUser {
    /** Empty if nobody is signed in. It must come from the session or a verified token, and never from what the caller may choose. */
    Optional<String> id(HttpServletRequest request);

    /** The principal's name. */
    static CurrentUser principal() {
        return request -> Optional.ofNullable(request.getUserPrincipal()).map(Principal::getName);
    }
}
