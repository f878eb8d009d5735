package dev.latchkey.server.telemetry;

import java.util.function.Function;

/**
 * What a thread is working on. The lines that it logs carry both ids; the requests that it sends are parts of the span.
 *
 * @param request the {@link RequestId}; empty for work that no request caused
 */
public record Step(String request, Span span) {
    public static final Step NONE = new Step("", Span.NONE);

    private static final ScopedValue<Step> CURRENT = ScopedValue.newInstance();

    /** This thread's. */
    public static Step current() {
        return CURRENT.orElse(NONE);
    }

    /** Does the work as this step. */
    public <T, X extends Throwable> T during(ScopedValue.CallableOp<T, X> work) throws X {
        return ScopedValue.where(CURRENT, this).call(work);
    }

    /** For another thread, which then works on this thread's step. */
    public static Runnable here(Runnable work) {
        Step step = current();
        return () -> ScopedValue.where(CURRENT, step).run(work);
    }

    /** Does the work as a part of this thread's trace; without a trace nothing is recorded. */
    public static <T> T part(Span.Kind kind, String name, Function<Span, T> work) {
        return of(current().span().child(kind, name), work);
    }

    /** Does the work as this span, and ends it. */
    static <T> T of(Span span, Function<Span, T> work) {
        try {
            return new Step(current().request(), span).during(() -> work.apply(span));
        } catch (RuntimeException | Error e) {
            span.failed(e.getClass().getSimpleName());
            throw e;
        } finally {
            span.end();
        }
    }
}
