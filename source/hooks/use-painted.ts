import {useEffect} from 'react';

/** Calls back once, when the view has been rendered. */
export const usePainted = (painted: () => void): void => {
	useEffect(() => {
		painted();
	}, [painted]);
};
