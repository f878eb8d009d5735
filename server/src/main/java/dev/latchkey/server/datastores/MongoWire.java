package dev.latchkey.server.datastores;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBinaryReader;
import org.bson.BsonBinaryWriter;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonSerializationException;
import org.bson.BsonString;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;

/**
 * Commands to a MongoDB server and its replies (OP_MSG of the wire protocol). Of a reply the outermost fields are read, and nothing
 * below them: nested content costs nothing.
 */
final class MongoWire {
    private static final int OP_MSG = 2013;
    private static final int HEADER = 16;
    /** A reply to a greeting or a login has some hundred bytes, with a large cluster's members some thousand. */
    private static final int LONGEST = 64 * 1024;

    private final Peer peer;
    private int requests;

    MongoWire(Peer peer) {
        this.peer = peer;
    }

    /** @throws RefusedException when it is not a reply; its {@code ok} says whether it is an error */
    Map<String, BsonValue> run(BsonDocument command) throws IOException {
        send(command);
        try {
            return receive();
        } catch (BsonSerializationException | IllegalArgumentException | IllegalStateException e) {
            throw notMongo();
        }
    }

    private void send(BsonDocument command) throws IOException {
        try (BasicOutputBuffer body = new BasicOutputBuffer();
                BsonBinaryWriter writer = new BsonBinaryWriter(body)) {
            new BsonDocumentCodec()
                    .encode(writer, command, EncoderContext.builder().build());
            byte[] bson = body.toByteArray();
            ByteBuffer message = ByteBuffer.allocate(HEADER + 5 + bson.length).order(ByteOrder.LITTLE_ENDIAN);
            message.putInt(message.capacity()).putInt(++requests).putInt(0).putInt(OP_MSG);
            // No flags; one section of kind 0, which is the command.
            message.putInt(0).put((byte) 0).put(bson);
            peer.send(message.array());
        }
    }

    private Map<String, BsonValue> receive() throws IOException {
        ByteBuffer header = little(HEADER);
        int length = header.getInt();
        header.getInt();
        int answered = header.getInt();
        if (length < HEADER + 5 + 5 || length > LONGEST || answered != requests || header.getInt() != OP_MSG) {
            throw notMongo();
        }
        ByteBuffer body = little(length - HEADER);
        body.getInt();
        if (body.get() != 0) {
            throw notMongo();
        }
        return outermost(body.slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    private ByteBuffer little(int length) throws IOException {
        return ByteBuffer.wrap(peer.bytes(length, LONGEST)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static Map<String, BsonValue> outermost(ByteBuffer bson) {
        Map<String, BsonValue> fields = new HashMap<>();
        try (BsonBinaryReader reader = new BsonBinaryReader(bson)) {
            reader.readStartDocument();
            while (reader.readBsonType() != BsonType.END_OF_DOCUMENT) {
                String name = reader.readName();
                switch (reader.getCurrentBsonType()) {
                    case DOUBLE -> fields.put(name, new BsonDouble(reader.readDouble()));
                    case INT32 -> fields.put(name, new BsonInt32(reader.readInt32()));
                    case INT64 -> fields.put(name, new BsonInt64(reader.readInt64()));
                    case BOOLEAN -> fields.put(name, BsonBoolean.valueOf(reader.readBoolean()));
                    case STRING -> fields.put(name, new BsonString(reader.readString()));
                    case BINARY ->
                        fields.put(name, new BsonBinary(reader.readBinaryData().getData()));
                    case ARRAY -> fields.put(name, texts(reader));
                    default -> reader.skipValue();
                }
            }
        }
        return fields;
    }

    private static BsonArray texts(BsonBinaryReader reader) {
        BsonArray texts = new BsonArray();
        reader.readStartArray();
        while (reader.readBsonType() != BsonType.END_OF_DOCUMENT) {
            if (reader.getCurrentBsonType() == BsonType.STRING) {
                texts.add(new BsonString(reader.readString()));
            } else {
                reader.skipValue();
            }
        }
        reader.readEndArray();
        return texts;
    }

    static RefusedException notMongo() {
        return new RefusedException("it does not answer as MongoDB does");
    }
}
