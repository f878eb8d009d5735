package dev.latchkey.client.testing;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.Webhooks;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Starts a {@link FakeLatchkey} for a class of tests: by {@link LatchkeyTest}, or as a static field, when its address is needed before
 * the tests:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final LatchkeyExtension LATCHKEY = new LatchkeyExtension();
 *
 * @DynamicPropertySource
 * static void properties(DynamicPropertyRegistry registry) {
 *     registry.add("latchkey.host", LATCHKEY.fake()::address);
 *     registry.add("latchkey.secret-key", LATCHKEY.fake()::secretKey);
 * }
 * }</pre>
 *
 * <p>Parameters of type {@link FakeLatchkey}, {@link Latchkey} (its client) and {@link Webhooks} (of its signing key) are resolved.
 */
public final class LatchkeyExtension implements ParameterResolver, AfterEachCallback, AfterAllCallback {
    private @Nullable FakeLatchkey started;

    /** Of a static field; the fake starts when it is first needed. */
    public LatchkeyExtension() {}

    /**
     * The fake, which runs until the tests of the class are over.
     *
     * <pre>{@code
     * URI address = new LatchkeyExtension().fake().address();
     * }</pre>
     */
    public synchronized FakeLatchkey fake() {
        FakeLatchkey fake = started;
        if (fake == null) {
            fake = FakeLatchkey.start();
            started = fake;
        }
        return fake;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        fake().reset();
    }

    @Override
    public synchronized void afterAll(ExtensionContext context) {
        FakeLatchkey fake = started;
        // A nested class is a part of its outer one.
        if (fake != null
                && context.getParent().flatMap(ExtensionContext::getTestClass).isEmpty()) {
            fake.close();
            started = null;
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == FakeLatchkey.class || type == Latchkey.class || type == Webhooks.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        if (type == FakeLatchkey.class) {
            return fake();
        }
        return type == Latchkey.class ? fake().client() : Webhooks.signedWith(fake().signingKey());
    }
}
