"""The benchmark of the page asks as it says."""

import asyncio
from collections import Counter

from aiohttp import web

from benchmarks.web_load import _all


def test_no_more_ask_at_once_than_there_are_askers_and_all_are_counted() -> None:
    at_once: list[int] = []
    busy = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal busy
        busy += 1
        at_once.append(busy)
        await asyncio.sleep(0)
        busy -= 1
        question = (await request.json())["question"]
        return web.json_response({}, status=429 if question == "q3" else 200)

    async def measure() -> Counter[int]:
        app = web.Application()
        app.router.add_post("/v1/ask", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            address = f"http://127.0.0.1:{runner.addresses[0][1]}"
            return await _all(address, [f"q{n}" for n in range(9)], 3, 0.0)
        finally:
            await runner.cleanup()

    assert asyncio.run(measure()) == {200: 8, 429: 1}
    assert max(at_once) <= 3
