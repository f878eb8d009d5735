package dev.latchkey.client.testing;

import dev.latchkey.client.Failure;

/** Ends a request of the fake with an error. */
final class FakeFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Failure failure;

    FakeFailure(Failure failure) {
        super(failure.message());
        this.failure = failure;
    }

    static FakeFailure of(int status, String code, String message) {
        return new FakeFailure(Failure.of(status, code, message));
    }

    Failure failure() {
        return failure;
    }
}
