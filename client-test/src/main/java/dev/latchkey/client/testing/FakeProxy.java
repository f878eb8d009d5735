package dev.latchkey.client.testing;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Calls through the proxy: recorded, and answered by the test's stubs. */
final class FakeProxy {
    private static final String FORWARDED = "nango-proxy-";

    private final FakeState state;

    FakeProxy(FakeState state) {
        this.state = state;
    }

    FakeStub.Answer call(FakeRequest request) {
        String integration = request.header("provider-config-key")
                .orElseThrow(
                        () -> FakeFailure.of(400, "missing_provider_config_key", "Provider-Config-Key is missing."));
        String id = request.header("connection-id")
                .orElseThrow(() -> FakeFailure.of(400, "missing_connection_id", "Connection-Id is missing."));
        if (state.integration(integration).isEmpty()) {
            throw FakeFailure.of(
                    404, "unknown_provider_config", "There is no integration with this Provider-Config-Key.");
        }
        FakeConnection connection = state.find(integration, id)
                .orElseThrow(() -> FakeFailure.of(
                        404, "not_found", "There is no connection with this Connection-Id in this integration."));
        connection.failure().ifPresent(failure -> {
            throw new FakeFailure(failure);
        });
        String target = request.target().toString().replaceFirst("^/proxy", "");
        FakeCall call = new FakeCall(integration, id, request.method(), target, forwarded(request), request.body());
        state.called(call);
        return state.stubbed(integration, request.method(), target)
                .orElseThrow(() -> FakeFailure.of(
                        501,
                        "fake_without_stub",
                        "The fake has no response for this call: fake.onCall(\"" + integration + "\", \""
                                + request.method() + "\", \"" + target.replaceFirst("\\?.*", "")
                                + "\").respond(...) sets one."))
                .next();
    }

    private static Map<String, List<String>> forwarded(FakeRequest request) {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        request.headers().forEach((name, values) -> {
            if (name.startsWith(FORWARDED)) {
                headers.put(name.substring(FORWARDED.length()), values);
            } else if (name.equals("content-type")) {
                headers.put(name, values);
            }
        });
        return Map.copyOf(headers);
    }
}
