package dev.latchkey.server.datastores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cluster's name stands for members of its own domain alone. */
class MongoClusterTest {
    @Test
    void readsARecordOfItsDomain() throws Exception {
        assertThat(MongoCluster.member("cluster0.abcde.example.net", "0 0 27017 shard-00-00.ABCDE.example.net."))
                .isEqualTo(new DatastoreAddress.Host("shard-00-00.abcde.example.net", 27017));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 0 27017 shard.evil.example.",
                "0 0 27017 abcde.example.net.",
                "0 0 27017 xabcde.example.net.",
                "0 0 99999 shard.abcde.example.net.",
                "0 0 x shard.abcde.example.net.",
                "27017 shard.abcde.example.net.",
                ""
            })
    void refusesOthers(String record) {
        assertThatThrownBy(() -> MongoCluster.member("cluster0.abcde.example.net", record))
                .isInstanceOf(RefusedException.class);
    }
}
