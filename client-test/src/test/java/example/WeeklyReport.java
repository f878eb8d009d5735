package example;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;

/** What a user sees of their issues at GitHub. */
class WeeklyReport {
    private final Latchkey latchkey;

    WeeklyReport(Latchkey latchkey) {
        this.latchkey = latchkey;
    }

    String of(String user) {
        try (ProxyAnswer answer = latchkey.call("github", user, ProxyRequest.get("/issues"))) {
            return answer.json().items().size() + " open issues";
        } catch (LatchkeyException.NotFound | LatchkeyException.Reauthorize e) {
            return "Connect GitHub: " + latchkey.getAuthUrl("github", user);
        } catch (LatchkeyException.RefreshFailing e) {
            return "GitHub does not respond at the moment.";
        }
    }
}
