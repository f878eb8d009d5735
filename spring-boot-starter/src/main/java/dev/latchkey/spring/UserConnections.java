package dev.latchkey.spring;

import dev.latchkey.client.Connection;
import dev.latchkey.client.Latchkey;
import java.net.URI;
import java.util.Optional;
import org.springframework.core.MethodParameter;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** Makes the connections of users, for both kinds of controllers. */
final class UserConnections {
    private final Latchkey latchkey;
    private final Optional<URI> returnUrl;

    UserConnections(Latchkey latchkey, Optional<URI> returnUrl) {
        this.latchkey = latchkey;
        this.returnUrl = returnUrl;
    }

    UserConnection of(String integration, String user) {
        return new UserConnection(latchkey, integration, user, returnUrl);
    }

    static boolean isOne(MethodParameter parameter) {
        return parameter.hasParameterAnnotation(LatchkeyConnection.class)
                && (parameter.getParameterType() == UserConnection.class
                        || parameter.getParameterType() == Connection.class);
    }

    static String integration(MethodParameter parameter) {
        LatchkeyConnection annotation = parameter.getParameterAnnotation(LatchkeyConnection.class);
        if (annotation == null) {
            throw new IllegalStateException("the parameter has no @LatchkeyConnection");
        }
        return annotation.value();
    }

    static ResponseStatusException notSignedIn() {
        return new ResponseStatusException(HttpStatus.UNAUTHORIZED, "No user is signed in.");
    }
}
