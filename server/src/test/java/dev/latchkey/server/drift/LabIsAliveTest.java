package dev.latchkey.server.drift;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.Lab;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.Authorities;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressObserver;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The lab plays vendors as their definitions say, so that a check of all of them has nothing to report. */
class LabIsAliveTest {
    @Test
    void nothingToLookAtInTheLab() {
        Catalogue catalogue = Catalogue.load();
        List<String> looks = new ArrayList<>();
        long alive = 0;
        try (Latchkey latchkey =
                        Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000", "LATCHKEY_RATE_LIMIT", "1000000"));
                Egress egress = new Egress(
                        new AddressGuard(
                                List.of(latchkey.address.getAuthority()), port -> false, InetAddress::getAllByName),
                        Authorities.ofTheJdk(),
                        EgressObserver.NONE)) {
            Lab lab = new Lab(catalogue, latchkey.address, InstantSource.system(), new SecureRandom());
            for (Provider provider : catalogue.all()) {
                if (!Lab.plays(provider)) {
                    continue;
                }
                try (Watch watch = new Watch(egress, uri -> lab.locate(provider.id(), uri), InstantSource.system())) {
                    Report report = watch.check(List.of(provider), Report.NONE, Duration.ofMinutes(5));
                    report.looks()
                            .forEach(one -> looks.add(one.provider() + " " + one.what() + " " + one.address() + " "
                                    + HealthPage.words(one)));
                    alive += report.alive();
                }
            }
        }

        assertThat(looks).isEmpty();
        assertThat(alive).isGreaterThan(500);
    }
}
