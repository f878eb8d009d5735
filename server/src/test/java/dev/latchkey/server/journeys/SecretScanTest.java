package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.DatabaseAddress;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Marked secrets go through every flow; then nothing that is stored, logged or answered by mistake holds one. */
class SecretScanTest {
    private static final String MARK = "MARKEDSECRET";

    private final List<String> answers = new ArrayList<>();

    @Test
    void noSecretIsLoggedStoredInClearOrToldInAnError() throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Level before = root.getLevel();
        root.setLevel(Level.DEBUG);
        root.addAppender(log);
        try (Latchkey latchkey = Latchkey.start()) {
            List<String> issued = everyFlow(latchkey);

            assertNowhere(
                    "the database", everyRow(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", "")), issued);
            assertNowhere("an error answer", answers, issued);
            assertNowhere(
                    "the log",
                    log.list.stream()
                            .map(event -> event.getFormattedMessage() + " " + event.getThrowableProxy())
                            .toList(),
                    issued);
        } finally {
            root.detachAppender(log);
            root.setLevel(before);
        }
    }

    /** @return secrets that the lab and Latchkey made on the way */
    private List<String> everyFlow(Latchkey latchkey) {
        List<String> issued = new ArrayList<>(List.of(latchkey.key));
        latchkey.labIntegration("github", "gh");
        latchkey.labIntegration("sendgrid", "mail");
        latchkey.call("POST", "/integrations", """
                {"provider": "slack", "unique_key": "real", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "%s1"}}""".formatted(MARK), 200);
        String session = latchkey.session("gh", "mail");
        issued.add(session);
        URI callback =
                new LabUser().callback(latchkey.address.resolve("/oauth/connect/gh?connect_session_token=" + session));
        issued.add(LabUser.query(callback).get("code"));
        issued.add(LabUser.query(callback).get("state"));
        LabUser user = new LabUser();
        assertThat(user.connect(latchkey.address.resolve(
                                "/oauth/connect/gh?connect_session_token=" + latchkey.sessionNamed("c2", "gh")))
                        .statusCode())
                .isEqualTo(200);
        var credentials = latchkey.call("GET", "/connections/c2?provider_config_key=gh&refresh_token=true", "", 200)
                .get("credentials");
        issued.add(credentials.get("access_token").asString());
        issued.add(credentials.get("refresh_token").asString());
        error(latchkey.sendAs(
                "", "POST", "/api-auth/api-key/mail?connect_session_token=" + session, """
                {"apiKey": "SG.wrong%s2wwwwwww.wrongwrongwrongwrongwrongwrongwrongwrongwro"}""".formatted(MARK)));
        latchkey.sendAs("", "POST", "/api-auth/api-key/mail?connect_session_token=" + session, """
                {"apiKey": "SG.aaaaaa%s3aaa.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"}""".formatted(MARK));
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "c3", "credentials": {"type": "OAUTH2", "access_token": "%1$s4", "refresh_token": "%1$s5",
                 "expires_at": "2020-01-01T00:00:00Z"}}""".formatted(MARK), 201);
        latchkey.call("POST", "/connect/sessions", """
                {"end_user": {"id": "u1"}, "integrations_config_defaults": {
                 "mail": {"connection_config": {"apiKey": "%1$s9", "password": "%1$s10", "client_private_key": "%1$s11"}},
                 "gh": {"connection_config": {"oauth_client_secret_override": "%1$s12"}}}}""".formatted(MARK), 201);
        named(latchkey, user);
        // The lab does not know this refresh token: the refresh fails, and is told.
        error(latchkey.send("GET", "/connections/c3?provider_config_key=gh", ""));
        error(latchkey.send("GET", "/connections/c3?provider_config_key=gh", ""));
        error(latchkey.sendAs("Bearer " + MARK + "6", "GET", "/connections", ""));
        error(latchkey.send(
                "POST",
                "/connections",
                "{\"provider_config_key\": \"gh\", \"credentials\": {\"type\": \"OAUTH2\", \"access_token\": 7, \"x\": \""
                        + MARK + "7\"}}"));
        error(latchkey.send("POST", "/connections", "{\"access_token\": \"" + MARK + "8\", "));
        return issued;
    }

    /** Values under names of credentials that no definition declares: preset, typed and imported. */
    private static void named(Latchkey latchkey, LabUser user) {
        String preset = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "allowed_integrations": ["gh"], "integrations_config_defaults": {
                         "gh": {"connection_config": {"apiKey": "%1$s13", "password": "%1$s14", "connection_string": "%1$s15",
                          "oauth_client_secret_override": "%1$s16"}}}}""".formatted(MARK), 201)
                .at("/data/token")
                .asString();
        String typed = "&params%5Btoken_id%5D=" + MARK + "17&params%5Btoken_secret%5D=" + MARK
                + "18&params%5Bclient_secret%5D=" + MARK + "19";
        assertThat(user.connect(latchkey.address.resolve("/oauth/connect/gh?connect_session_token=" + preset + typed))
                        .statusCode())
                .isEqualTo(200);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "c4", "credentials": {"type": "OAUTH2", "access_token": "%1$s20"},
                 "connection_config": {"apiKey": "%1$s21", "client_secret": "%1$s22", "oauth_client_secret_override": "%1$s23"}}""".formatted(MARK), 201);
    }

    private void error(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isGreaterThanOrEqualTo(400);
        answers.add(answer.body() + answer.headers().map());
    }

    private static void assertNowhere(String place, List<String> texts, List<String> issued) {
        for (String text : texts) {
            assertThat(text).as(place).doesNotContain(MARK).doesNotContain(hex(MARK));
            for (String secret : issued) {
                assertThat(text).as(place).doesNotContain(secret).doesNotContain(hex(secret));
            }
        }
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> everyRow(String url) throws SQLException {
        DatabaseAddress address = DatabaseAddress.parse(url);
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(
                        address.jdbcUrl(), address.user(), address.password().reveal());
                Statement statement = connection.createStatement()) {
            List<String> tables = new ArrayList<>();
            try (ResultSet names = statement.executeQuery(
                    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")) {
                while (names.next()) {
                    tables.add(names.getString(1));
                }
            }
            assertThat(tables).contains("connections", "integrations", "timeline", "authorization_flows");
            for (String table : tables) {
                try (ResultSet all = statement.executeQuery("SELECT t::text FROM " + table + " t")) {
                    while (all.next()) {
                        rows.add(all.getString(1));
                    }
                }
            }
        }
        return rows;
    }
}
