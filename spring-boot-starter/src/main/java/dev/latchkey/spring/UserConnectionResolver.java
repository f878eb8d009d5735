package dev.latchkey.spring;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;

/** {@link LatchkeyConnection} in Spring MVC. */
final class UserConnectionResolver implements HandlerMethodArgumentResolver {
    private final UserConnections connections;
    private final CurrentUser users;

    UserConnectionResolver(UserConnections connections, CurrentUser users) {
        this.connections = connections;
        this.users = users;
    }

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return UserConnections.isOne(parameter);
    }

    @Override
    public Object resolveArgument(
            MethodParameter parameter,
            @Nullable ModelAndViewContainer container,
            NativeWebRequest request,
            @Nullable WebDataBinderFactory binders) {
        HttpServletRequest servlet = request.getNativeRequest(HttpServletRequest.class);
        if (servlet == null) {
            throw UserConnections.notSignedIn();
        }
        UserConnection connection = connections.of(
                UserConnections.integration(parameter), users.id(servlet).orElseThrow(UserConnections::notSignedIn));
        return parameter.getParameterType() == UserConnection.class ? connection : connection.get();
    }
}
