package dev.latchkey.server.egress;

import java.time.Duration;

/** Observes every call and its whole response, on the thread that made it. What it receives carries secrets. */
public interface EgressObserver {
    EgressObserver NONE = new EgressObserver() {
        @Override
        public void responded(Egress.Request request, Egress.Response response, Duration took) {}

        @Override
        public void failed(Egress.Request request, EgressException failure, Duration took) {}
    };

    void responded(Egress.Request request, Egress.Response response, Duration took);

    void failed(Egress.Request request, EgressException failure, Duration took);
}
