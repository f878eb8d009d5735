package dev.latchkey.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.Connector;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.Settings;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The catalogue's Jackson 3 beside the Jackson of Spring Boot, which is Jackson 2 with Spring Boot 3. */
class ConnectorsTest {
    @Test
    void theCatalogueIsReadBesideTheApplicationsJackson() {
        try (Latchkey alone = Latchkey.of(Settings.standard());
                ConfigurableApplicationContext application = new SpringApplicationBuilder(ExampleApplication.class)
                        .properties("server.port=0", "spring.main.web-application-type=servlet")
                        .run()) {
            assertThat(alone.connectors()).extracting(Connector::id).contains("github", "postgres");
            assertThat(application.getBean(Latchkey.class).connectors()).hasSizeGreaterThan(400);
        }
    }
}
