// Draws one dashboard, as it lies in deploy/grafana/dashboards, with Grafana's components and
// what a Prometheus answers: /?board=NAME&minutes=N. The title becomes "drawn", or "failed:"
// and why.
import { createRoot } from 'react-dom/client';
import { createTheme, dateTime, EventBusSrv, FieldType, getDisplayProcessor, getFieldDisplayValues, ThemeContext, VizOrientation } from '@grafana/data';
import { BigValue, GlobalStyles, PanelChrome, PanelContextProvider, Table, TimeSeries, VizRepeater } from '@grafana/ui';

const theme = createTheme({ colors: { mode: 'dark' } });
const timeZone = 'utc';
const wide = 1600, unit = 30, gap = 8, margin = 16; // Grafana's grid, in pixels
const step = 5; // seconds
const bus = new EventBusSrv();

// What Grafana's panel of time series sets where a dashboard is silent.
const series = {
  lineInterpolation: 'linear', gradientMode: 'none', pointSize: 5, spanNulls: false, insertNulls: false,
  axisPlacement: 'auto', axisColorMode: 'text', axisBorderShow: false, scaleDistribution: { type: 'linear' },
  hideFrom: { legend: false, tooltip: false, viz: false },
};

async function ask(path, parameters) {
  const answer = await (await fetch(`/api/v1/${path}?${new URLSearchParams(parameters)}`)).json();
  if (answer.status !== 'success') throw new Error(`${parameters.query}: ${answer.error}`);
  return answer.data.result;
}

const number = (text) => (Number.isFinite(Number(text)) ? Number(text) : null);

// named is the legend of a series, as Grafana's Prometheus names it.
function named(target, labels) {
  if (target.legendFormat) return target.legendFormat.replace(/{{\s*(.+?)\s*}}/g, (_, label) => labels[label] ?? '');
  const { __name__ = '', ...rest } = labels;
  return `${__name__}{${Object.entries(rest).map(([k, v]) => `${k}="${v}"`).join(', ')}}`;
}

// field makes a field of Grafana's out of a column, with the panel's configuration.
function field(panel, name, type, values, more = {}, at = 0) {
  const { defaults, overrides } = panel.fieldConfig;
  if (overrides.length) throw new Error(`${panel.title}: overrides are not drawn`);
  const steps = defaults.thresholds.steps.map((s) => ({ ...s, value: s.value ?? -Infinity }));
  const config = { ...defaults, thresholds: { ...defaults.thresholds, steps }, custom: { ...series, ...defaults.custom }, ...more.config };
  const made = { name, type, values, labels: more.labels, config: type === FieldType.number ? config : { custom: {} }, state: { seriesIndex: at } };
  made.display = getDisplayProcessor({ field: made, theme, timeZone });
  return made;
}

async function frames(panel, from, to) {
  const found = [];
  for (const target of panel.targets) {
    const query = target.expr.replaceAll('$__rate_interval', '1m').replaceAll('$__interval', '1m');
    if (target.format === 'table') {
      found.push(table(panel, await ask('query', { query, time: to })));
      continue;
    }
    const rows = target.instant
      ? (await ask('query', { query, time: to })).map(({ metric, value }) => ({ metric, values: [value] }))
      : await ask('query_range', { query, start: from, end: to, step });
    for (const { metric, values } of rows) {
      found.push({
        refId: target.refId, length: values.length,
        fields: [
          field(panel, 'Time', FieldType.time, values.map(([t]) => t * 1000)),
          field(panel, 'Value', FieldType.number, values.map(([, v]) => number(v)),
            { labels: metric, config: { displayNameFromDS: named(target, metric) } }, found.length),
        ],
      });
    }
  }
  return found.filter((f) => f.length);
}

function table(panel, rows) {
  const labels = [...new Set(rows.flatMap(({ metric }) => Object.keys(metric)))].sort();
  return {
    refId: 'A', length: rows.length,
    fields: [
      field(panel, 'Time', FieldType.time, rows.map(({ value }) => value[0] * 1000)),
      ...labels.map((l) => field(panel, l, FieldType.string, rows.map(({ metric }) => metric[l] ?? ''))),
      field(panel, 'Value', FieldType.number, rows.map(({ value }) => number(value[1]))),
    ],
  };
}

function Drawn({ panel, data, range, width, height }) {
  if (!data.length) {
    const text = panel.fieldConfig.defaults.noValue ?? 'No data';
    return <div style={{ height, display: 'grid', placeItems: 'center', color: theme.colors.text.secondary }}>{text}</div>;
  }
  switch (panel.type) {
    case 'timeseries':
      return <TimeSeries frames={data} timeRange={range} timeZone={timeZone} width={width} height={height} structureRev={1}
        legend={panel.options.legend} options={panel.options} />;
    case 'table':
      return <Table data={data[0]} width={width} height={height} cellHeight={panel.options.cellHeight} noHeader={!panel.options.showHeader} />;
    case 'stat': {
      const { reduceOptions, orientation, ...look } = panel.options;
      const all = () => getFieldDisplayValues({
        fieldConfig: panel.fieldConfig, reduceOptions, replaceVariables: (t) => t, theme, data, timeZone, sparkline: false,
      });
      return <VizRepeater source={1} getValues={all} width={width} height={height} orientation={orientation ?? VizOrientation.Auto} autoGrid
        renderCounter={0} renderValue={({ value, count, width, height }) =>
          <BigValue value={value.display} count={count} width={width} height={height} theme={theme} {...look} />} />;
    }
  }
  throw new Error(`${panel.title}: a panel of type ${panel.type} is not drawn`);
}

function Board({ board, data, range }) {
  const cell = (wide - 2 * margin + gap) / 24;
  const down = 56;
  const place = ({ x, y, w, h }) => ({
    left: margin + x * cell, top: down + y * (unit + gap), width: w * cell - gap, height: h * (unit + gap) - gap,
  });
  return <>
    <h2 style={{ position: 'absolute', left: margin, top: 12, fontSize: 20 }}>{board.title}</h2>
    <div style={{ position: 'absolute', right: margin, top: 16, color: theme.colors.text.secondary }}>
      {range.from.utc().format('YYYY-MM-DD HH:mm')} to {range.to.utc().format('HH:mm')} UTC
    </div>
    {board.panels.map((panel) => {
      const at = place(panel.gridPos);
      return <div key={panel.id} style={{ position: 'absolute', ...at }}>
        {panel.type === 'row'
          ? <h6 style={{ margin: 0, lineHeight: `${unit}px` }}>{panel.title}</h6>
          : <PanelChrome title={panel.title} description={panel.description} width={at.width} height={at.height}>
            {(width, height) => <Drawn panel={panel} data={data.get(panel.id)} range={range} width={width} height={height} />}
          </PanelChrome>}
      </div>;
    })}
  </>;
}

async function main() {
  const asked = new URLSearchParams(location.search);
  const board = await (await fetch(`/dashboards/${asked.get('board')}.json`)).json();
  const to = Math.floor(Date.now() / 1000 / step) * step, from = to - 60 * Number(asked.get('minutes'));
  const range = { from: dateTime(from * 1000), to: dateTime(to * 1000), raw: { from: `now-${asked.get('minutes')}m`, to: 'now' } };
  const data = new Map();
  for (const panel of board.panels.filter((p) => p.type !== 'row')) data.set(panel.id, await frames(panel, from, to));
  await document.fonts.load('14px Inter');
  createRoot(document.getElementById('root')).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PanelContextProvider value={{ eventsScope: 'board', eventBus: bus, sync: () => 0 }}>
        <Board board={board} data={data} range={range} />
      </PanelContextProvider>
    </ThemeContext.Provider>);
  document.title = 'drawn';
}

addEventListener('error', (e) => { document.title = `failed: ${e.message}`; });
main().catch((e) => { document.title = `failed: ${e.stack}`; });
