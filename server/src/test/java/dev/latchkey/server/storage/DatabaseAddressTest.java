package dev.latchkey.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.configuration.ConfigurationException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseAddressTest {
    @ParameterizedTest
    @CsvSource({
        "postgresql://u:p@db/latchkey, jdbc:postgresql://db:5432/latchkey",
        "postgres://u:p@db:6432/latchkey, jdbc:postgresql://db:6432/latchkey",
        "jdbc:postgresql://u:p@[::1]:5433/latchkey, jdbc:postgresql://[::1]:5433/latchkey",
        "postgresql://u:p@my_db/latchkey?sslmode=verify-full, jdbc:postgresql://my_db:5432/latchkey?sslmode=verify-full",
        "'postgresql://u:p@a,b:5433/latchkey', 'jdbc:postgresql://a:5432,b:5433/latchkey?hostRecheckSeconds=1&targetServerType=primary'",
        "'postgresql://u:p@a,[::1]/d?targetServerType=any', 'jdbc:postgresql://a:5432,[::1]:5432/d?targetServerType=any&hostRecheckSeconds=1'",
    })
    void readsOneHostOrSeveral(String url, String jdbc) {
        assertThat(DatabaseAddress.parse(url).jdbcUrl()).isEqualTo(jdbc);
    }

    @Test
    void decodesUserAndPasswordAndPrintsNeither() {
        DatabaseAddress address = DatabaseAddress.parse("postgresql://us%40er:p%3Ass+w%2Frd@a,b/latchkey");

        assertThat(address.user()).isEqualTo("us@er");
        assertThat(address.password().reveal()).isEqualTo("p:ss+w/rd");
        assertThat(address.toString()).isEqualTo("postgresql://a:5432,b:5432/latchkey");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mysql://u:pa55word@h/d",
                "postgresql://h/d",
                "postgresql://u:pa55word@h",
                "postgresql://u:pa55word@h/",
                "postgresql://u:pa55word@a,,b/d",
                "postgresql://u:pa55word@a,/d",
                "postgresql://u:pa55word@a:port/d",
                "postgresql://u:pa55word@a b/d",
                "postgresql://u:pa55word%zz@a/d",
                "postgresql://u:pa55@word@a/d",
            })
    void refusesWhatItCannotReadWithoutRepeatingThePassword(String url) {
        assertThatThrownBy(() -> DatabaseAddress.parse(url))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("LATCHKEY_DATABASE_URL must read postgresql://")
                .hasMessageNotContaining("pa55")
                .hasNoCause();
    }

    @Test
    void findsTheHostThatAnswers() throws Exception {
        DatabaseAddress database = PostgresForTests.freshDatabase();
        String url = PostgresForTests.url(database).replace("@", "@127.0.0.1:" + closedPort() + ",");

        try (var connection = DatabaseAddress.parse(url).connect(Map.of())) {
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
