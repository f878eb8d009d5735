package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.server.egress.Egress;
import java.util.Optional;

/** Whether a response is a success according to the definition: vendors hide errors in a 200, and successes in a 400. */
public final class Success {
    private Success() {}

    /** Without a rule: any 2xx. */
    public static boolean of(Egress.Response answer, Optional<Call.OkWhen> rule) {
        return Call.OkWhen.isSuccess(answer.status(), rule)
                && rule.map(it -> said(answer, it)).orElse(true);
    }

    /** What the body says, whatever the status. */
    public static boolean said(Egress.Response answer, Call.OkWhen rule) {
        return rule.isSaidBy(answer.text(), rule.json().flatMap(path -> AnswerBody.of(answer)));
    }
}
