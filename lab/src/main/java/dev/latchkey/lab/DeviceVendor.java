package dev.latchkey.lab;

import dev.latchkey.catalogue.model.CodeGrant;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/** Codes that a user types on another device (RFC 8628), and the page where. Thread-safe. */
final class DeviceVendor {
    static final String GRANT = "urn:ietf:params:oauth:grant-type:device_code";
    static final String PAGE = "/lab-device";

    private static final int LIMIT = 1_000;
    private static final Duration LIFETIME = Duration.ofMinutes(10);

    /** The state of a device code. */
    sealed interface State {
        record Waiting() implements State {}

        record Denied() implements State {}

        record Unknown() implements State {}

        record Allowed(TestUser user, String scope) implements State {}
    }

    private static final class Code {
        private final String userCode;
        private final String scope;
        private final Instant end;
        private State state = new State.Waiting();

        Code(String userCode, String scope, Instant end) {
            this.userCode = userCode;
            this.scope = scope;
            this.end = end;
        }
    }

    private final Stage stage;
    private final CodeGrant grant;
    private final Map<String, Code> codes = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Code> eldest) {
            return size() > LIMIT;
        }
    };

    DeviceVendor(Stage stage, CodeGrant grant) {
        this.stage = stage;
        this.grant = grant;
    }

    /** Section 3.2. */
    synchronized Answer begin(LabRequest request) {
        String random = UUID.randomUUID().toString();
        String userCode = (random.substring(0, 4) + "-" + random.substring(9, 13)).toUpperCase(Locale.ROOT);
        String scope = request.parameters()
                .getOrDefault(grant.consent().authorize().scope().param(), "");
        String deviceCode = "lab_code_" + UUID.randomUUID();
        codes.put(deviceCode, new Code(userCode, scope, stage.clock.instant().plus(LIFETIME)));
        String address = stage.base + "/lab/" + stage.name + "/" + request.host() + PAGE;
        ObjectNode body = JsonTree.NODES.objectNode();
        body.put("device_code", deviceCode)
                .put("user_code", userCode)
                .put("verification_uri", address)
                .put("verification_uri_complete", address + "?user_code=" + userCode)
                .put("expires_in", LIFETIME.toSeconds())
                .put("interval", 1);
        return Answer.json(200, body, "device code issued");
    }

    /** Section 3.3: the code is in the URL, or the user has mistyped it. */
    synchronized Answer page(LabRequest request) {
        Optional<Code> found = codes.values().stream()
                .filter(one -> one.userCode.equals(request.query().get("user_code")) && isLive(one))
                .findFirst();
        if (found.isEmpty()) {
            return Answer.page(
                    400, stage.page.refusal("This code does not exist; add ?user_code= with yours."), "unknown code");
        }
        Code code = found.get();
        if (request.method().equals("GET")) {
            return Answer.page(200, stage.page.consent(Map.of("", code.scope)), "consent page");
        }
        if (request.fromAnotherSite()) {
            return Answer.page(403, stage.page.refusal("This decision was sent by a page of another site."), "forged");
        }
        Optional<TestUser> user = TestUser.find(request.form().getOrDefault("user", ""));
        boolean allowed = request.form().getOrDefault("decision", "").equals("allow") && user.isPresent();
        code.state = allowed ? new State.Allowed(user.get(), code.scope) : new State.Denied();
        return Answer.page(
                200,
                stage.page.typed(allowed),
                allowed ? "allowed by " + user.get().key() : "access_denied");
    }

    /** Section 3.5. */
    Answer token(LabRequest request) {
        TokenAnswer answers = stage.tokens.answers(grant, grant.exchange());
        return switch (look(request.parameters().getOrDefault("device_code", ""))) {
            case State.Waiting waiting ->
                answers.error(400, "authorization_pending", "The user has not entered the code yet.");
            case State.Denied denied -> answers.error(400, "access_denied", "The user did not allow it.");
            case State.Unknown unknown -> answers.error(400, "expired_token", "The code is unknown, used or too old.");
            case State.Allowed allowed ->
                answers.of(stage.grants.mint(allowed.user(), allowed.scope(), request.host(), true), true);
        };
    }

    /** A final response is given once. */
    private synchronized State look(String deviceCode) {
        Code code = codes.get(deviceCode);
        if (code == null || !isLive(code)) {
            return new State.Unknown();
        }
        if (!(code.state instanceof State.Waiting)) {
            codes.remove(deviceCode);
        }
        return code.state;
    }

    private boolean isLive(Code code) {
        return code.end.isAfter(stage.clock.instant());
    }
}
