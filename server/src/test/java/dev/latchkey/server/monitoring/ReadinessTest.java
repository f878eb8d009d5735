package dev.latchkey.server.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private final AtomicBoolean database = new AtomicBoolean(true);
    private final Readiness readiness = new Readiness(database::get);

    @Test
    void isReadyFromItsStartToItsStopWhileTheDatabaseAnswers() {
        assertThat(readiness.state()).isEqualTo(Readiness.State.STARTING);

        readiness.started();
        assertThat(readiness.state()).isEqualTo(Readiness.State.READY);
        database.set(false);
        assertThat(readiness.state()).isEqualTo(Readiness.State.DATABASE_AWAY);
        database.set(true);
        assertThat(readiness.state()).isEqualTo(Readiness.State.READY);

        readiness.stop();
        assertThat(readiness.state()).isEqualTo(Readiness.State.STOPPING);
    }
}
