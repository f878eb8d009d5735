package dev.latchkey.server.connections;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Logging a credential, or an exception that has one, logs no secret. Generated from the variants: a new one is tested, too. */
class CredentialsToStringTest {
    private static final String MARK = "MARKEDSECRET";

    static Stream<Class<?>> variants() {
        return Arrays.stream(Credentials.class.getPermittedSubclasses());
    }

    @ParameterizedTest
    @MethodSource("variants")
    void showsNoSecret(Class<?> variant) throws ReflectiveOperationException {
        assertThat(made(variant).toString()).startsWith(variant.getSimpleName()).doesNotContain(MARK);
    }

    private static Object made(Class<?> record) throws ReflectiveOperationException {
        RecordComponent[] components = record.getRecordComponents();
        Object[] values = new Object[components.length];
        Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = value(components[i].getGenericType());
        }
        Constructor<?> constructor = record.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        return constructor.newInstance(values);
    }

    private static Object value(Type type) throws ReflectiveOperationException {
        if (type instanceof ParameterizedType generic && generic.getRawType() == Optional.class) {
            return Optional.of(value(generic.getActualTypeArguments()[0]));
        }
        if (type == Secret.class) {
            return new Secret(MARK);
        }
        if (type == Credentials.Raw.class) {
            return new Credentials.Raw(Json.MAPPER.createObjectNode().put("access_token", MARK));
        }
        if (type == DatastoreAddress.class) {
            return DatastoreAddress.of(
                    DatastoreDriver.POSTGRESQL,
                    Map.of("host", "db.example.com", "database", "db", "username", "app", "password", MARK));
        }
        if (type == String.class) {
            return "open";
        }
        if (type == Instant.class) {
            return Instant.EPOCH;
        }
        if (type instanceof Class<?> other && other.isRecord()) {
            return made(other);
        }
        throw new AssertionError("Say here how a " + type + " with a secret is made.");
    }
}
