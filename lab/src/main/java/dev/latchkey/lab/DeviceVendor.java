package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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

    private final String stage;
    private final Provider provider;
    private final URI base;
    private final ConsentPage page;
    private final InstantSource clock;
    private final Map<String, Code> codes = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Code> eldest) {
            return size() > LIMIT;
        }
    };

    DeviceVendor(String stage, Provider provider, URI base, ConsentPage page, InstantSource clock) {
        this.stage = stage;
        this.provider = provider;
        this.base = base;
        this.page = page;
        this.clock = clock;
    }

    /** Section 3.2. */
    synchronized Answer begin(LabRequest request) {
        Auth.OAuth2Code code = (Auth.OAuth2Code) provider.auth();
        String random = UUID.randomUUID().toString();
        String userCode = (random.substring(0, 4) + "-" + random.substring(9, 13)).toUpperCase(Locale.ROOT);
        String scope =
                request.parameters().getOrDefault(code.authorize().scope().param(), "");
        String deviceCode = "lab_code_" + UUID.randomUUID();
        codes.put(deviceCode, new Code(userCode, scope, clock.instant().plus(LIFETIME)));
        String address = base + "/lab/" + stage + "/" + request.host() + PAGE;
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
                    400, page.refusal("This code does not exist; add ?user_code= with yours."), "unknown code");
        }
        Code code = found.get();
        if (request.method().equals("GET")) {
            return Answer.page(200, page.consent(Map.of("", code.scope)), "consent page");
        }
        if (request.fromAnotherSite()) {
            return Answer.page(403, page.refusal("This decision was sent by a page of another site."), "forged");
        }
        Optional<TestUser> user = TestUser.find(request.form().getOrDefault("user", ""));
        boolean allowed = request.form().getOrDefault("decision", "").equals("allow") && user.isPresent();
        code.state = allowed ? new State.Allowed(user.get(), code.scope) : new State.Denied();
        return Answer.page(
                200, page.typed(allowed), allowed ? "allowed by " + user.get().key() : "access_denied");
    }

    /** Section 3.5: a final response is given once. */
    synchronized State look(String deviceCode) {
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
        return code.end.isAfter(clock.instant());
    }
}
