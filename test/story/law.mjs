// Law on pages: a ministry tries a draft before it is published, another publishes it; an
// officer asks for an exception, the ministry grants it, the verdict shows it lifted and
// the stored decision comes out again, byte for byte.
//
// PLAN: {base, password}
import { axe, open, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const browser = await open();

async function clean(v, label) {
  const found = [...v.complaints.filter((c) => !c.includes('status of 422')), ...(await axe(v.page))]; // a refused text is meant
  say(`nothing complains on ${label}`, found.length === 0, found.join('\n'));
}

const figure = async (page, n) => Number((await page.locator('.nr-four .nr-count').nth(n).locator('dd').first().innerText()).replace(/\D/g, ''));

try {
  const ministry = await visitor(browser, plan.base);
  await signIn(ministry.page, 'ministry', plan.password);
  await ministry.page.goto('/law?state=proposed');
  await ministry.page.click('tbody a');
  const draft = new URL(ministry.page.url()).pathname;
  await clean(ministry, 'a proposed draft');
  await ministry.page.click('a[href^="/whatif?way=draft"]');
  const closed = await figure(ministry.page, 2);
  say('the what-if of a draft closes systems', closed > 0, `${closed}`);
  const flipped = await figure(ministry.page, 3);
  const [file] = await Promise.all([ministry.page.waitForEvent('download'), ministry.page.click('a[href^="/whatif.csv"]')]);
  let text = '';
  for await (const part of await file.createReadStream()) text += part;
  say('the whole list is a file', text.trim().split('\n').length === flipped + 1 && text.includes('가상'), `${text.split('\n').length} lines for ${flipped}`);
  await clean(ministry, 'the what-if of a draft');

  await ministry.page.goto('/whatif?way=text&key=USE2025');
  const before = await ministry.page.inputValue('#text');
  await ministry.page.fill('#text', before.replace('outcome: conditional', 'outcome: perhaps'));
  await ministry.page.click('form[method=post] button:has-text("견주기")');
  await ministry.page.waitForSelector('.nr-faults');
  const fault = await ministry.page.locator('.nr-faults li').first().innerText();
  say('a fault is told with line and column, and the text is kept', /\d+행 \d+열/.test(fault) && (await ministry.page.inputValue('#text')).includes('perhaps'), fault);
  await clean(ministry, 'a text with a fault');
  await ministry.page.fill('#text', before.replace('outcome: conditional', 'outcome: consult\n    decides: egov_ministry').replace(/\n {4}exception:(\n {6}.*)+/, ''));
  await ministry.page.click('form[method=post] button:has-text("견주기")');
  await ministry.page.waitForSelector('#answer');
  say('a changed text is compared without being saved', (await figure(ministry.page, 3)) > 0);

  await ministry.page.goto(draft);
  await ministry.page.click('form[action$="/publish"] button');
  await ministry.page.waitForSelector('text=공포했습니다');
  say('the second person publishes', (await ministry.page.locator('.nr-sub .krds-badge').first().innerText()) === '공포');
  await clean(ministry, 'a published draft');

  const officer = await visitor(browser, plan.base);
  await signIn(officer.page, 'officer', plan.password);
  await officer.page.goto('/exceptions?state=asked');
  const waiting = await officer.page.locator('tbody tr').count();
  say('the officer cannot decide', waiting > 0);
  await officer.page.goto('/verdicts?venue=own&outcome=consult');
  await officer.page.click('tbody a');
  const system = new URL(officer.page.url()).pathname;
  const own = officer.page.locator('#c2 .nr-venue').nth(3);
  await own.locator('summary').first().click();
  await own.locator('summary:has-text("예외 신청")').click();
  await own.locator('textarea').fill('이전까지 한 해가 더 필요하다');
  await own.locator('button:has-text("예외 신청")').click();
  await officer.page.waitForSelector('text=예외를 신청했습니다');
  const exception = new URL(officer.page.url()).pathname;
  say('who asked cannot decide', (await officer.page.locator('form[action$="/decision"]').count()) === 0);
  await clean(officer, 'an exception that waits');

  await ministry.page.goto(exception);
  await ministry.page.fill('#decision', '이전 계획이 확인됨');
  await ministry.page.fill('#conditions', '망을 분리할 것\n분기마다 알릴 것');
  await ministry.page.click('button[name=grant][value=yes]');
  await ministry.page.waitForSelector('.nr-notice.danger');
  say('a grant without a last day is refused, and nothing typed is lost', (await ministry.page.inputValue('#conditions')).includes('분기마다'));
  await clean(ministry, 'a decision with a fault');
  await ministry.page.fill('#until', '2026-12-31');
  await ministry.page.click('button[name=grant][value=yes]');
  await ministry.page.waitForSelector('text=예외를 승인했습니다');
  await clean(ministry, 'a granted exception');

  await officer.page.goto(system);
  const lifted = officer.page.locator('#c2 .nr-venue').nth(3);
  await lifted.locator('summary').first().click();
  const note = await lifted.locator('.nr-lift').first().innerText();
  say('the verdict shows what was lifted, by whom and until when', note.includes(exception.split('/').pop()) && note.includes('행정안전부') && note.includes('2026. 12. 31.') && note.includes('망을 분리할 것'), note);
  say('the venue is open under conditions', (await lifted.locator('summary .nr-outcome').first().innerText()).includes('조건부'));
  await clean(officer, 'the verdict with an exception');
  await officer.page.click('a[href*="/replay"]');
  say('the stored decision comes out again', (await officer.page.locator('main').innerText()).includes('같은 바이트로 다시 나왔습니다'));
  const paper = await officer.page.goto(system).then(() => officer.page.pdf({ format: 'A4', preferCSSPageSize: true }));
  say('the verdict prints', paper.length > 20000, `${paper.length} bytes`);
} finally {
  await browser.close();
}
