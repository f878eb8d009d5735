package dev.latchkey.client;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Every public method of the client that calls the server, with arguments of each type: found by reflection, so that none is forgotten. */
final class Operations {
    /** What needs no server, or another. */
    private static final Set<String> LOCAL =
            Set.of("isConfigured", "with", "async", "invalidate", "close", "toString", "equals", "hashCode");

    static final ConnectSession SESSION = new ConnectSession(Json.of(Map.of(
            "token",
            "nango_connect_session_secret1",
            "connect_link",
            "http://127.0.0.1/connect/?session_token=nango_connect_session_secret1",
            "expires_at",
            "2030-01-01T00:00:00Z")));

    private static final Map<Class<?>, Object> ARGUMENTS = Map.ofEntries(
            Map.entry(String.class, "a1"),
            Map.entry(int.class, 24),
            Map.entry(Map.class, Map.of("name", "b")),
            Map.entry(List.class, List.of("a1")),
            Map.entry(Optional.class, Optional.empty()),
            Map.entry(URI.class, URI.create("https://app.example.com/hooks")),
            Map.entry(Instant.class, Instant.EPOCH),
            Map.entry(Duration.class, Duration.ofMillis(200)),
            Map.entry(EndUser.class, EndUser.of("u1")),
            Map.entry(ConnectOptions.class, ConnectOptions.none()),
            Map.entry(ConnectSession.class, SESSION),
            Map.entry(CodeVerifier.class, CodeVerifier.random()),
            Map.entry(ConnectionQuery.class, ConnectionQuery.all()),
            Map.entry(NewConnection.class, NewConnection.of("gh", Credentials.apiKey("k-secret1"))),
            Map.entry(NewIntegration.class, NewIntegration.inLab("gh", "github")),
            Map.entry(ProxyRequest.class, ProxyRequest.get("/user")),
            Map.entry(ApiRequest.class, ApiRequest.get("/incidents")));

    /** One of them. */
    record Operation(String name, Class<?> returned, java.util.function.Function<Latchkey, Object> code) {
        /** Calls it, reads the stream or waits for the future that it returns. */
        Object call(Latchkey latchkey) {
            Object result = code.apply(latchkey);
            if (result instanceof Stream<?> stream) {
                return stream.toList();
            }
            return result instanceof CompletableFuture<?> future ? Transport.join(future) : String.valueOf(result);
        }

        /** Whether it hands out what comes, whatever it is. */
        boolean isRaw() {
            return name.matches("(Latchkey\\.(request|requestAsync|call)|Proxy\\..*)\\(.*");
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private Operations() {}

    static List<Operation> all() {
        List<Operation> all = new ArrayList<>();
        for (Method method : methods(Latchkey.class)) {
            boolean resource = method.getParameterCount() == 0
                    && method.getReturnType().getPackage() == Latchkey.class.getPackage();
            if (resource) {
                methods(method.getReturnType())
                        .forEach(one -> all.add(operation(one, latchkey -> invoke(method, latchkey))));
            } else {
                all.add(operation(method, latchkey -> latchkey));
            }
        }
        return all;
    }

    private static List<Method> methods(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers())
                        && !Modifier.isStatic(method.getModifiers())
                        && !method.isSynthetic()
                        && !LOCAL.contains(method.getName()))
                .sorted(Comparator.comparing(Method::toString))
                .toList();
    }

    private static Operation operation(Method method, java.util.function.Function<Latchkey, Object> target) {
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(type -> Optional.ofNullable(ARGUMENTS.get(type))
                        .orElseThrow(() -> new AssertionError("give Operations an argument of " + type)))
                .toArray();
        String name = method.getDeclaringClass().getSimpleName() + "." + method.getName() + "("
                + String.join(
                        ", ",
                        Arrays.stream(method.getParameterTypes())
                                .map(Class::getSimpleName)
                                .toList())
                + ")";
        return new Operation(
                name, method.getReturnType(), latchkey -> invoke(method, target.apply(latchkey), arguments));
    }

    private static Object invoke(Method method, Object target, Object... arguments) {
        try {
            return Optional.ofNullable(method.invoke(target, arguments)).orElse("");
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new AssertionError(e.getCause());
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
