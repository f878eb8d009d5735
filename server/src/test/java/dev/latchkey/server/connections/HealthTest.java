package dev.latchkey.server.connections;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.refresh.PoliciesTest;
import dev.latchkey.server.secrets.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    /** Hours from now; empty: none. */
    @ParameterizedTest
    @CsvSource(textBlock = """
            #        failure | expires | refresh at | grant ends | warning | broken | state
                             ,      1  ,        0   ,            ,         ,        , healthy
                             ,      0  ,        0   ,            ,         ,        , healthy
                             ,     -1  ,        0   ,            ,         ,        , failing
                             ,         ,            ,            ,         ,        , healthy
            TRANSIENT        ,      1  ,        0   ,            ,         ,        , failing
            MISCONFIGURED    ,      1  ,        0   ,            ,         ,        , failing
            REJECTED         ,      1  ,            ,            ,         ,        , needs_authorization
                             ,     -1  ,            ,            ,         ,        , needs_authorization
                             ,      1  ,            ,            ,         ,        , expiring
                             ,   1000  ,            ,            ,         ,        , healthy
                             ,      1  ,        0   ,      24    ,         ,        , expiring
                             ,      1  ,        0   ,      24    ,     12  ,        , healthy
                             ,      1  ,        0   ,            ,         ,   -5   , healthy
                             ,     -1  ,        0   ,            ,         ,   -5   , failing
            """, delimiter = ',')
    void isAFunctionOfTheRecord(
            Failure.@Nullable Kind failure,
            @Nullable Integer expires,
            @Nullable Integer refresh,
            @Nullable Integer grant,
            @Nullable Integer warning,
            @Nullable Integer broken,
            String state) {
        Connection connection = PoliciesTest.connection(
                Optional.ofNullable(failure)
                        .map(kind -> new Failure(kind, NOW, 1, "log", Optional.of(NOW.plusSeconds(30)))),
                new Connection.Upkeep(
                        new Connection.Schedule(at(refresh), at(grant), at(warning)),
                        Optional.empty(),
                        false,
                        at(broken)),
                new Credentials.OAuth2(
                        new Secret("at"),
                        Optional.empty(),
                        at(expires),
                        new Credentials.Raw(Json.MAPPER.createObjectNode()),
                        Optional.empty(),
                        Optional.empty()));

        assertThat(Health.of(connection, NOW).state()).isEqualTo(state);
    }

    private static Optional<Instant> at(@Nullable Integer hours) {
        return Optional.ofNullable(hours).map(it -> NOW.plus(Duration.ofHours(it)));
    }
}
