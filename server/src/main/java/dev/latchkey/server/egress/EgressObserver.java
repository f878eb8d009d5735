package dev.latchkey.server.egress;

import java.time.Duration;

/** Hears of every call and its whole answer, on the thread that made it. What it is given carries secrets. */
public interface EgressObserver {
    EgressObserver NOBODY = new EgressObserver() {
        @Override
        public void answered(Egress.Request request, Egress.Answer answer, Duration took) {}

        @Override
        public void failed(Egress.Request request, EgressException failure, Duration took) {}
    };

    void answered(Egress.Request request, Egress.Answer answer, Duration took);

    void failed(Egress.Request request, EgressException failure, Duration took);
}
