// A census finds what was taken away behind naru's back and what naru never made. The owner
// answers for the one and deletes it, the ministry answers for the other and has the provider
// remove it; the next census closes both.
//
// PLAN: {base, password, shots, files: {provider, lost, foreign, remove}}
import { look, open, paper, say, signIn, visitor } from './browser.mjs';

const plan = JSON.parse(process.env.PLAN);
const { provider, lost, foreign, remove } = plan.files;
const browser = await open();
const clean = (v, label) => look(v, label, { shots: plan.shots });

/** count has the provider counted, and waits until the page says what it came to. */
async function count(operator, words) {
  await operator.page.goto('/findings');
  const row = operator.page.locator(`tr:has(input[value="${provider}"])`);
  await row.locator('button').click();
  await operator.page.waitForSelector('.nr-notice');
  for (let i = 0; i < 60 && !(await row.innerText()).includes(words); i++) {
    await operator.page.waitForTimeout(250);
    await operator.page.goto('/findings');
  }
  say(`the census comes to: ${words}`, (await row.innerText()).includes(words), await row.innerText());
}

/** answer acknowledges the finding about an id in words. */
async function answer(v, id, words) {
  const row = v.page.locator(`tr:has-text("${id}")`);
  await row.locator('summary').click();
  await row.locator('textarea').fill(words);
  await row.locator('form button').click();
  await v.page.waitForSelector('.nr-notice.success');
  say(`somebody answers for ${id}`, (await v.page.locator(`tr:has-text("${id}")`).innerText()).includes(words));
}

try {
  const operator = await visitor(browser, plan.base);
  await signIn(operator.page, 'operator', plan.password);
  await operator.page.goto('/findings');
  await clean(operator, 'findings before a census');
  await count(operator, '다른 점 2건');
  await clean(operator, 'findings after a census');
  await paper(operator, 'the findings');

  const officer = await visitor(browser, plan.base, { width: 390 });
  await signIn(officer.page, 'officer', plan.password);
  await officer.page.goto('/findings');
  const found = await officer.page.locator(`tr:has-text("${lost}")`).innerText();
  say('the finding is dated, cited and has an action', found.includes('2026. 3. 2. 12:0') && found.includes('2026-03-02부터 사용 중으로 있는데 공급자는 없다고 합니다') && found.includes('해지하고 새로 만드세요'), found);
  say('what is nobody\'s is not shown to an institution', !(await officer.page.locator('main').innerText()).includes(foreign));
  await clean(officer, 'a finding of a census at 390 px');
  await answer(officer, lost, '해지하고 새로 신청함');
  await officer.page.click(`a[href="/instances/${lost}"]`);
  await officer.page.click(`a[href="/instances/${lost}/delete"]`);
  await officer.page.check('#sure');
  await officer.page.click('form[action$="/delete"] button');
  await officer.page.waitForSelector('#instance:has-text("해지됨")');

  const ministry = await visitor(browser, plan.base, { lang: 'en' });
  await signIn(ministry.page, 'ministry', plan.password);
  await ministry.page.goto('/findings');
  const nobodys = await ministry.page.locator(`tr:has-text("${foreign}")`).innerText();
  say('what naru never made is cited', nobodys.includes('naru never made anything of this id') && nobodys.includes('ask the provider'), nobodys);
  await answer(ministry, foreign, 'The provider was asked to remove it');
  await clean(ministry, 'a foreign instance answered for');
  say('the provider removes it', (await fetch(remove)).ok);

  await count(operator, '다른 점 없음');
  await officer.page.goto('/findings?state=ended');
  say('the finding of the institution is closed', (await officer.page.locator(`tr:has-text("${lost}")`).innerText()).includes('해소됨'));
  await clean(officer, 'a closed finding at 390 px');
  await ministry.page.goto(`/findings?state=ended&provider=${provider}`);
  say('so is the other', (await ministry.page.locator(`tr:has-text("${foreign}")`).innerText()).includes('Ended') && (await ministry.page.inputValue('#provider')) === provider);
  await clean(ministry, 'the closed findings');
} finally {
  await browser.close();
}
