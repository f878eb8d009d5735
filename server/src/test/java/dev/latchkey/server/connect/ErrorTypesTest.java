package dev.latchkey.server.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each refusal of a flow, found in the sources, has a type that handlers written for Nango know, or one that docs/nango.md lists. */
class ErrorTypesTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/latchkey/server");
    private static final Pattern REFUSAL = Pattern.compile("new FlowRefusedException\\(\\s*\"([a-z_]+)\"");
    /** Of its utils/web-socket-error.ts. */
    private static final Set<String> NANGOS = Set.of(
            "callback_err",
            "url_param_err",
            "provider_config_err",
            "unknown_config_key",
            "auth_mode_err",
            "state_err",
            "unknown_err");

    static Set<String> codes() throws IOException {
        Set<String> found = new TreeSet<>();
        for (String folder : List.of("connect", "authorization", "api")) {
            try (Stream<Path> files = Files.list(SOURCES.resolve(folder))) {
                for (Path file : files.toList()) {
                    REFUSAL.matcher(Files.readString(file)).results().forEach(it -> found.add(it.group(1)));
                }
            }
        }
        return found;
    }

    @Test
    void theSourcesRefuseInManyWays() throws IOException {
        assertThat(codes()).hasSizeGreaterThan(15).contains("access_denied", "connection_test_failed");
    }

    @ParameterizedTest
    @MethodSource("codes")
    void ofEachRefusal(String code) throws IOException {
        String type = ErrorTypes.of(code);

        assertThat(NANGOS.contains(type) || type.equals(code)).as(type).isTrue();
        assertThat(Files.readString(Path.of("../docs/nango.md"))).contains("`" + type + "`");
    }

    @ParameterizedTest
    @CsvSource({
        "access_denied, callback_err",
        "refused_by_provider, callback_err",
        "missing_code, callback_err",
        "connection_validation_failed, url_param_err",
        "unknown_provider_config, provider_config_err",
        "missing_credentials, provider_config_err",
        "invalid_auth_mode, auth_mode_err",
        "invalid_state, state_err",
        "token_request_rejected, unknown_err",
        "provider_unavailable, unknown_err",
        "server_error, unknown_err",
        "some_word_of_a_vendor, unknown_err",
        "connection_test_failed, connection_test_failed",
        "two_step_credentials_fetch_error, connection_test_failed",
        "client_credentials_fetch_error, connection_test_failed",
        "bill_tokens_fetch_error, connection_test_failed",
        "unknown_connect_session_token, unknown_connect_session_token",
    })
    void asNangoHasThem(String code, String type) {
        assertThat(ErrorTypes.of(code)).isEqualTo(type);
    }
}
