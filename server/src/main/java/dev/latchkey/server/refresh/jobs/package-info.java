/** Jobs that refresh many connections. Begin with {@link dev.latchkey.server.refresh.jobs.RefreshJobs}. */
@NullMarked
package dev.latchkey.server.refresh.jobs;

import org.jspecify.annotations.NullMarked;
