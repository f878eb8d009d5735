/** Whether vendors still are as the definitions say: what their public endpoints answer to a request without a credential. */
@org.jspecify.annotations.NullMarked
package dev.latchkey.server.drift;
