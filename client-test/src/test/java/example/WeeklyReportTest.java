package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.testing.FakeLatchkey;
import dev.latchkey.client.testing.LatchkeyTest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@LatchkeyTest
class WeeklyReportTest {
    private final FakeLatchkey fake;
    private final WeeklyReport report;

    WeeklyReportTest(FakeLatchkey fake, Latchkey latchkey) {
        this.fake = fake;
        this.report = new WeeklyReport(latchkey);
        fake.integration("github", "github");
        fake.onCall("github", "GET", "/issues").respond(200, List.of(Map.of("title", "Broken link")));
    }

    @Test
    void countsTheUsersIssues() {
        fake.connection("github", "ada");

        assertEquals("1 open issues", report.of("ada"));
        assertEquals("ada", fake.calls().get(0).connectionId());
    }

    @Test
    void sendsAUserToConnectAndWorksAfterwards() {
        String text = report.of("ada");
        assertTrue(text.startsWith("Connect GitHub: "));

        fake.allows(URI.create(text.substring("Connect GitHub: ".length())));

        assertEquals("1 open issues", report.of("ada"));
    }

    @Test
    void sendsAUserWhoRevokedAccessToConnectAgain() {
        fake.connection("github", "ada").needsAuthorization();

        assertTrue(report.of("ada").startsWith("Connect GitHub: "));
    }

    @Test
    void doesNotBotherTheUserWithAnOutage() {
        fake.connection("github", "ada").refreshFails(Duration.ofMinutes(1));

        assertEquals("GitHub does not respond at the moment.", report.of("ada"));
    }
}
