// A webhook service as a team would write it by hand: check the signature over
// the raw body, parse it, map a dozen fields into an Avro record in the Confluent
// wire format, produce it with acks from all in-sync replicas, then answer.
//
// It reads its settings from the environment, prints "ready HOST:PORT" once it
// serves, and ends when its standard input does.
import { createHmac, timingSafeEqual } from 'node:crypto';
import avro from 'avsc';
import Fastify from 'fastify';
import { Kafka, Partitioners, logLevel } from 'kafkajs';

const { BROKERS, TOPIC, SIGNING_KEY, SCHEMA_ID } = process.env;

const optional = (type) => ({ type: ['null', type], default: null });
const type = avro.Type.forSchema({
  type: 'record',
  name: 'CandidatePushed',
  fields: [
    { name: 'webhook_id', type: 'string' },
    { name: 'triggered_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'application_id', type: 'long' },
    { name: 'candidate_id', ...optional('long') },
    { name: 'name', ...optional('string') },
    { name: 'phone', ...optional('string') },
    { name: 'email', ...optional('string') },
    { name: 'stage_name', ...optional('string') },
    { name: 'job_title', ...optional('string') },
    { name: 'department_code', ...optional('string') },
    { name: 'offer_status', ...optional('string') },
    { name: 'offer_department', ...optional('string') },
    { name: 'check_in_date', ...optional('string') },
  ],
});

const text = (value) => (value === null || value === undefined || value === '' ? null : String(value));

function toRecord(push) {
  const { data } = push;
  return {
    webhook_id: push.id,
    triggered_at: push.triggeredAt * 1000,
    application_id: data.applicationId,
    candidate_id: data.candidateId ?? data.CandidateId ?? null,
    name: text(data.name),
    phone: text(data.phone),
    email: text(data.email),
    stage_name: text(data.stageName),
    job_title: text(data.job?.title),
    department_code: text(data.job?.departmentCode),
    offer_status: text(data.offer?.approvalStatus),
    offer_department: text(data.offer?.departmentPath),
    check_in_date: text(data.offer?.checkinDate),
  };
}

function frame(record) {
  const header = Buffer.alloc(5);
  header.writeInt32BE(Number(SCHEMA_ID), 1);
  return Buffer.concat([header, type.toBuffer(record)]);
}

function authentic(sign, body) {
  const want = createHmac('sha256', SIGNING_KEY).update(body).digest();
  const got = Buffer.from(sign ?? '', 'hex');
  return got.length === want.length && timingSafeEqual(got, want);
}

const kafka = new Kafka({ clientId: 'webhook-to-kafka', brokers: BROKERS.split(','), logLevel: logLevel.ERROR });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();

const app = Fastify({ logger: false, bodyLimit: 10 * 1024 * 1024 });
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => done(null, body));
app.post('/webhooks/moka', async (request, reply) => {
  const body = request.body;
  if (!authentic(request.query.sign, body)) {
    return reply.code(401).send({ code: 401, msg: '签名错误' });
  }
  let record;
  try {
    record = toRecord(JSON.parse(body.toString('utf8')));
  } catch {
    return reply.code(422).send({ code: 422, msg: '内容无法读取' });
  }
  await producer.send({
    topic: TOPIC,
    acks: -1,
    messages: [{ key: `demo:app:${record.application_id}`, value: frame(record) }],
  });
  return { code: 200, msg: 'success' };
});

await app.listen({ host: '127.0.0.1', port: 0 });
const { address, port } = app.server.address();
console.log(`ready ${address}:${port}`);

process.stdin.resume();
process.stdin.on('end', async () => {
  await app.close();
  await producer.disconnect();
  process.exit(0);
});
