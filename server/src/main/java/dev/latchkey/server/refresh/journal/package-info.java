/** Token responses on disk between the vendor and the database: encrypted, fsynced, replayed at startup. Begin with {@link dev.latchkey.server.refresh.journal.TokenJournal}. */
@NullMarked
package dev.latchkey.server.refresh.journal;

import org.jspecify.annotations.NullMarked;
